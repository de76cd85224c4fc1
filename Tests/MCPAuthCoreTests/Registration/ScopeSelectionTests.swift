import MCPAuthCore
import Testing

@Suite struct ScopeSelectionTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var inventory: [String]?
    var challenge: [String]?
    var resource: [String]?
    var scopes: [String]
    var source: ScopeSelection.Source
    var testDescription: String { name }
  }

  @Test(
    "Registration#Scopes: scopes come from the inventory, else the challenge, else all of the resource, else none",
    arguments: [
      Row(
        name: "inventory first", inventory: ["a", "b"], challenge: ["c"], resource: ["d"], scopes: ["a", "b"],
        source: .inventory),
      Row(
        name: "inventory: send none", inventory: [], challenge: ["c"], resource: ["d"], scopes: [], source: .inventory),
      Row(name: "challenge next", challenge: ["c"], resource: ["d"], scopes: ["c"], source: .challenge),
      Row(
        name: "empty challenge", challenge: [], resource: ["d", "e"], scopes: ["d", "e"], source: .resourceMetadata),
      Row(name: "nothing named", scopes: [], source: .none),
      Row(
        name: "offline_access never comes from the resource", resource: ["d", "offline_access"], scopes: ["d"],
        source: .resourceMetadata),
      Row(name: "offline_access alone", resource: ["offline_access"], scopes: [], source: .none),
      Row(
        name: "offline_access of a challenge", challenge: ["c", "offline_access"], scopes: ["c", "offline_access"],
        source: .challenge),
      Row(name: "each once", resource: ["d", "e", "d"], scopes: ["d", "e"], source: .resourceMetadata),
      Row(
        name: "several in one string", resource: ["d e", "f"], scopes: ["d", "e", "f"], source: .resourceMetadata),
    ])
  func order(row: Row) {
    let selection = ScopeSelection.select(
      inventory: row.inventory, challenge: row.challenge, resource: row.resource, supported: ["x", "y"])
    #expect(selection.scopes == row.scopes)
    #expect(selection.source == row.source)
    #expect(selection.warnings == [])
  }

  @Test(
    "Registration#Scopes: offline_access of the inventory is sent; with a warning if the server does not list it",
    arguments: [(["offline_access"], false), (["read"], true), (nil, true)] as [([String]?, Bool)])
  func offline(supported: [String]?, warns: Bool) {
    let selection = ScopeSelection.select(
      inventory: ["read", "offline_access"], challenge: nil, resource: nil, supported: supported)
    #expect(selection.scopes == ["read", "offline_access"])
    #expect(selection.warnings.map(\.code) == (warns ? [.offlineAccessUnlisted] : []))
  }

  @Test(
    "RFC 6749 3.3: text that is not a scope token is omitted with a warning",
    arguments: ["a\u{7}b", "a\"b", "a\\b", "ä"])
  func tokens(bad: String) {
    let selection = ScopeSelection.select(inventory: nil, challenge: nil, resource: ["read", bad], supported: nil)
    #expect(selection.scopes == ["read"])
    #expect(selection.warnings.map(\.code) == [.metadataMemberIgnored])
  }

  @Test("PlanAndApply#Lock-file: the raw values are those of the lock's scopes_from")
  func rawValues() {
    #expect(
      ScopeSelection.Source.allCases.map(\.rawValue) == ["inventory", "challenge", "resource-metadata", "none"])
  }
}
