import MCPAuthCore
import Synchronization
import Testing

@testable import MCPAuthHTTP

@Suite("The timeout of a request covers the whole answer")
struct RequestDeadlinesTests {
  let deadlines = RequestDeadlines()

  func request(timeout: Int) throws -> HTTPRequest {
    HTTPRequest(
      .post, try CheckedURL("https://mcp.example.com/", plaintext: .refused), provenance: .inventory, timeout: timeout)
  }

  /// Ends only when it is cancelled.
  func hangs() async throws(HTTPFailure) -> HTTPResponse {
    try? await Task.sleep(for: .seconds(3_600))
    throw .connectionLost(reason: "cancelled")
  }

  func failure(
    timeout: Int, _ permit: SendPermit,
    _ exchange: @escaping @Sendable () async throws(HTTPFailure) -> HTTPResponse
  ) async throws -> HTTPFailure? {
    let request = try request(timeout: timeout)
    do throws(HTTPFailure) {
      _ = try await deadlines.exchange(for: request, permit: permit, exchange)
      return nil
    } catch {
      return error
    }
  }

  @Test("an answer in time is returned, and so is a failure")
  func inTime() async throws {
    let permit = SendPermit(target: "/", rule: nil)
    let response = try await deadlines.exchange(for: request(timeout: 60), permit: permit) {
      () async throws(HTTPFailure) in HTTPResponse(status: 201)
    }
    #expect(response.status == 201)
    let failure = try await failure(timeout: 60, permit) { () async throws(HTTPFailure) in
      throw .connectionLost(reason: "reset")
    }
    #expect(failure == .connectionLost(reason: "reset"))
  }

  @Test("when the time is up, the exchange is cancelled, and the permit says whether the request was sent")
  func elapsed() async throws {
    let unsent = SendPermit(target: "/", rule: nil)
    #expect(try await failure(timeout: 1, unsent, hangs) == .timeout(seconds: 1, sent: false))
    #expect(!unsent.use(remote: nil))
    let sent = SendPermit(target: "/", rule: nil)
    #expect(sent.use(remote: nil))
    #expect(try await failure(timeout: 1, sent, hangs) == .timeout(seconds: 1, sent: true))
  }

  @Test("an answer that is complete after the time was up is returned: it may be a new client")
  func late() async throws {
    let permit = SendPermit(target: "/", rule: nil)
    let response = try await deadlines.exchange(for: request(timeout: 1), permit: permit) {
      () async throws(HTTPFailure) in
      try? await Task.sleep(for: .seconds(3_600))
      return HTTPResponse(status: 201)
    }
    #expect(response.status == 201)
  }

  final class Ended: Sendable {
    let timeouts = Mutex<[Int]>([])
  }

  @Test("a request with less time ends before one that was begun earlier, and the timer goes on for the other")
  func order() async throws {
    let ended = Ended()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for timeout in [3, 1, 2] {
        group.addTask {
          let failure = try await failure(timeout: timeout, SendPermit(target: "/", rule: nil), hangs)
          #expect(failure == .timeout(seconds: timeout, sent: false))
          ended.timeouts.withLock { $0.append(timeout) }
        }
      }
      try await group.waitForAll()
    }
    #expect(ended.timeouts.withLock { $0 } == [1, 2, 3])
    // The timer was not set any more, and is set again.
    let later = try await failure(timeout: 1, SendPermit(target: "/", rule: nil), hangs)
    #expect(later == .timeout(seconds: 1, sent: false))
  }

  @Test("a cancelled task withdraws the permit, cancels the exchange, and gets its failure")
  func cancelled() async throws {
    let permit = SendPermit(target: "/", rule: nil)
    let begun = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      try await failure(timeout: 3_600, permit) { () async throws(HTTPFailure) in
        begun.continuation.finish()
        return try await hangs()
      }
    }
    for await _ in begun.stream {}
    task.cancel()
    #expect(try await task.value == .connectionLost(reason: "cancelled"))
    #expect(!permit.use(remote: nil))
  }
}
