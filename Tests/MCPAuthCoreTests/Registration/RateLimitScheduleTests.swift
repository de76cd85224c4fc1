import MCPAuthCore
import Testing

@Suite struct RateLimitScheduleTests {
  @Test(
    "Registration#Refusals: the waits end after 60 s in all, whatever the server says",
    arguments: [
      (nil, [1, 2, 4, 8, 15, 30]), (0, [1, 2, 4, 8, 15, 30]), (2, [2, 2, 4, 8, 15]), (20, [20, 20, 20]), (60, [60]),
      (61, []),
    ] as [(Int?, [Int])])
  func waits(retryAfter: Int?, expected: [Int]) {
    var schedule = RateLimitSchedule()
    var waits: [Int] = []
    while waits.count < 10, let seconds = schedule.next(retryAfter: retryAfter) { waits.append(seconds) }
    #expect(waits == expected)
  }
}
