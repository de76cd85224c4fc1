import MCPAuthCore
import MCPAuthPlan
import Testing

/// Members of an object of the lock file, a journal line or a secret record (PlanAndApply#Lock-file).
@Suite struct LockMembersTests {
  static let orders: [JSON] = [
    ["a": 1, "bb": "x", "c": .null, "d": true],
    ["d": true, "c": .null, "bb": "x", "a": 1],
    ["bb": "x", "a": 1, "d": true, "c": .null],
  ]

  @Test("members are found in any order of the text, each once", arguments: orders)
  func found(object: JSON) throws {
    var members = try LockMembers(object)
    let (text, number, flag) = (try members.string("bb"), try members.integer("a"), try members.bool("d"))
    #expect(text == "x" && number == 1 && flag == true)
    let absent = ["c", "absent", "", "a"].map { members.take($0) }
    #expect(absent == [nil, nil, nil, nil])
    try members.refuseRest()
  }

  @Test("the first name that was not taken is refused, also with null", arguments: orders)
  func rest(object: JSON) throws {
    var members = try LockMembers(object)
    _ = (members.take("a"), members.take("bb"))
    #expect(throws: LockShapeError(message: "unknown member 'c'")) { try members.refuseRest() }
  }

  @Test("of members with the same name, the last one counts")
  func repeated() throws {
    var members = try LockMembers(.object(JSONObject([.init("a", 1), .init("b", 2), .init("a", 3)])))
    let numbers = (try members.integer("a"), try members.integer("b"))
    #expect(numbers.0 == 3 && numbers.1 == 2)
    try members.refuseRest()
  }
}
