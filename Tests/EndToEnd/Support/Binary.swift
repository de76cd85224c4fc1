import Foundation
import Testing

/// The `mcpauth` under test: the product next to the test bundle, or `MCPAUTH_BINARY`.
enum Binary {
  static let path: String = {
    if let named = ProcessInfo.processInfo.environment["MCPAUTH_BINARY"], !named.isEmpty { return named }
    // The test bundle is in the folder of the products.
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    while folder.path != "/" {
      let candidate = folder.appendingPathComponent("mcpauth").path
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
      folder.deleteLastPathComponent()
    }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(".build/debug/mcpauth").path
  }()
}

/// A run of the binary that has ended.
struct Run: Sendable {
  var exit: Int32
  /// Standard output and error, as text.
  var out: String
  var err: String

  /// Both outputs, to check that some text is in neither.
  var all: String { out + err }

  /// Standard output as a JSON document.
  func json(_ location: SourceLocation = #_sourceLocation) throws -> Document {
    let value = try? JSONSerialization.jsonObject(with: Data(out.utf8))
    if value == nil { Issue.record("not JSON: \(out)\n\(err)", sourceLocation: location) }
    return Document(value)
  }
}

/// A JSON value with short accessors for tests.
struct Document: Sendable, CustomStringConvertible {
  private nonisolated(unsafe) let value: Any?

  init(_ value: Any?) { self.value = value }

  subscript(name: String) -> Document { Document((value as? [String: Any])?[name]) }
  subscript(index: Int) -> Document {
    let array = value as? [Any] ?? []
    return Document(array.indices.contains(index) ? array[index] : nil)
  }

  var string: String? { value as? String }
  var integer: Int? { (value as? NSNumber)?.intValue }
  var bool: Bool? { value as? Bool }
  var array: [Document] { (value as? [Any] ?? []).map(Document.init) }
  var strings: [String]? { value as? [String] }
  var object: [String: Document]? { (value as? [String: Any])?.mapValues(Document.init) }
  var isNull: Bool { value is NSNull }
  var isMissing: Bool { value == nil }
  var description: String { value.map { "\($0)" } ?? "nothing" }
}
