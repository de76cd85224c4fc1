import MCPAuthCore
import MCPAuthPlan

/// The key `meta`: the format of the keys, and the lineage of the inventory.
struct EtcdMeta: Sendable, Equatable {
  static let format: Int64 = 1

  var lineage: String
  /// The place to which the state was moved. Then no run uses the keys any more.
  var moved: String?
  /// As `Lock.moves`.
  var moves: Int

  init(lineage: String, moved: String? = nil, moves: Int = 0) {
    self.lineage = lineage
    self.moved = moved
    self.moves = moves
  }

  var bytes: [UInt8] {
    var object: JSONObject = ["format": .number(String(Self.format)), "lineage": .string(lineage)]
    if let moved { object["moved"] = .string(moved) }
    if moves > 0 { object["moves"] = .number(String(moves)) }
    return JSONWriter.compact(.object(object))
  }

  /// - Throws: `lock-too-new`, `lock-invalid`.
  init(_ pair: EtcdPair, _ place: String) throws(Diagnostic) {
    guard let json = pair.json, let format = json["format"]?.integer, let lineage = json["lineage"]?.string else {
      throw .damaged(place, "meta", "it has no format or no lineage")
    }
    guard format <= Self.format else {
      throw Diagnostic(
        .error, .lockTooNew, "\(place) has format \(format); this mcpauth knows up to \(Self.format)",
        help: ["use the mcpauth that wrote it, or a newer one"])
    }
    self.init(
      lineage: lineage, moved: json["moved"]?.string, moves: json["moves"]?.integer.flatMap(Int.init(exactly:)) ?? 0)
  }
}
