import MCPAuthCore
import MCPAuthPlan

/// The text of a saved plan: as it is, and with a correct digest.
enum SavedPlanProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    _ = SavedPlanCodec.isSavedPlan(bytes)
    _ = try decode(bytes)
    guard var object = (try? JSONParser.parse(bytes))?.object else { return }
    object["digest"] = nil
    object["digest"] = .string(Fingerprint.of(.object(object)))
    guard let plan = try decode(JSONWriter.canonical(.object(object))) else { return }
    let written = SavedPlanCodec.encode(plan)
    guard let again = try decode(written) else { throw Violation("what was written is refused") }
    try require(again == plan, "it is another plan after a print")
    try require(SavedPlanCodec.encode(again) == written, "it is not written the same twice")
    try require(SavedPlanCodec.isSavedPlan(written), "it is not known for a plan")
  }

  private static func decode(_ bytes: [UInt8]) throws(Violation) -> SavedPlan? {
    do throws(Diagnostic) {
      return try SavedPlanCodec.decode(bytes, file: "plan.json")
    } catch {
      try DiagnosticProperty.check(error)
      try require(error.code == .planInvalid || error.code == .planTooNew, "refused as \(error.code.rawValue)")
      return nil
    }
  }
}
