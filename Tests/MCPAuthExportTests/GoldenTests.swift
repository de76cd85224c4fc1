import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import Testing

@Suite struct GoldenTests {
  @Test(
    "Consumers#Export: each target has its documented keys, and secrets as references or not at all",
    arguments: ExportTarget.allCases)
  func standard(target: ExportTarget) throws {
    try Golden.expect(try ExportWorld().text(target), "\(target.rawValue).\(target.ending)")
  }

  @Test("Consumers#Export: --secrets inline writes the values", arguments: ExportTarget.allCases)
  func inline(target: ExportTarget) throws {
    try Golden.expect(try ExportWorld().text(target, .inline), "\(target.rawValue).inline.\(target.ending)")
  }

  @Test(
    "Consumers#Export: a warning says what a target cannot contain, and what is not certain",
    arguments: ExportTarget.allCases)
  func warnings(target: ExportTarget) throws {
    let result = try ExportWorld().export(ExportOptions(target))
    let lines = result.warnings.flatMap { warning in
      ["\(warning.code.rawValue): \(warning.message)"] + warning.help.map { "  help: " + $0 }
    }
    try Golden.expect((lines + result.notes).map { $0 + "\n" }.joined(), "\(target.rawValue).warnings.txt")
  }
}

extension ExportTarget {
  var ending: String {
    switch format {
    case .json: "json"
    case .yaml: "yaml"
    case .toml: "toml"
    case .hcl: "tf"
    case .dotenv: "env"
    }
  }
}
