import Foundation
import Testing

/// The part of JSON Schema (draft 7) that the files in `schemas` use. An unknown keyword is an error.
struct SchemaCheck {
  private let root: [String: Any]

  /// - Parameter name: for example `plan` for `schemas/plan.schema.json`.
  init(_ name: String) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("schemas/\(name).schema.json")
    root = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
  }

  /// The problems of a document. Empty if it is valid.
  func problems(_ text: String) throws -> [String] {
    problems(try JSONSerialization.jsonObject(with: Data(text.utf8)), root, "$")
  }

  private static let silent: Set<String> = ["$schema", "$id", "title", "description", "definitions", "examples"]

  private func problems(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
    var found: [String] = []
    for (key, rule) in schema where !Self.silent.contains(key) {
      switch key {
      case "$ref": found += problems(value, definition(rule as? String ?? ""), path)
      case "type":
        let types = rule as? [String] ?? [rule as? String ?? ""]
        if !types.contains(where: { isOf($0, value) }) { found.append("\(path): is no \(types)") }
      case "required":
        let object = value as? [String: Any] ?? [:]
        for name in rule as? [String] ?? [] where object[name] == nil { found.append("\(path): lacks \(name)") }
      case "dependencies":
        let object = value as? [String: Any] ?? [:]
        for (name, needed) in rule as? [String: [String]] ?? [:] where object[name] != nil {
          found += needed.filter { object[$0] == nil }.map { "\(path): has \(name), and lacks \($0)" }
        }
      case "properties":
        let members = rule as? [String: [String: Any]] ?? [:]
        for (name, member) in value as? [String: Any] ?? [:] {
          if let schema = members[name] { found += problems(member, schema, path + "." + name) }
        }
      case "additionalProperties":
        let known = Set((schema["properties"] as? [String: Any] ?? [:]).keys)
        if let rule = rule as? [String: Any] {
          for (name, member) in value as? [String: Any] ?? [:] where !known.contains(name) {
            found += problems(member, rule, path + "." + name)
          }
          break
        }
        guard rule as? Bool == false else {
          found.append("\(path): a rule of additionalProperties that is not known"); break
        }
        for name in (value as? [String: Any] ?? [:]).keys where !known.contains(name) {
          found.append("\(path): has \(name)")
        }
      case "items":
        for (index, element) in (value as? [Any] ?? []).enumerated() {
          found += problems(element, rule as? [String: Any] ?? [:], "\(path)[\(index)]")
        }
      case "minItems":
        if let list = value as? [Any], list.count < rule as? Int ?? 0 { found.append("\(path): too short") }
      case "minLength":
        if let text = value as? String, text.unicodeScalars.count < rule as? Int ?? 0 {
          found.append("\(path): too short")
        }
      case "propertyNames":
        for name in (value as? [String: Any] ?? [:]).keys {
          found += problems(name, rule as? [String: Any] ?? [:], "\(path): the name '\(name)'")
        }
      case "minimum": if let number = value as? Int, number < rule as? Int ?? 0 { found.append("\(path): too small") }
      case "maximum": if let number = value as? Int, number > rule as? Int ?? 0 { found.append("\(path): too large") }
      case "enum":
        if !(rule as? [Any] ?? []).contains(where: { isEqual($0, value) }) {
          found.append("\(path): is none of the enum")
        }
      case "const": if !isEqual(rule, value) { found.append("\(path): is not the constant") }
      case "pattern":
        if let text = value as? String, text.range(of: rule as? String ?? "", options: .regularExpression) == nil {
          found.append("\(path): '\(text)' does not match")
        }
      case "allOf": for part in rule as? [[String: Any]] ?? [] { found += problems(value, part, path) }
      case "anyOf", "oneOf":
        let parts = (rule as? [[String: Any]] ?? []).map { problems(value, $0, path) }
        let fitting = parts.count(where: \.isEmpty)
        if fitting == 0 { found.append("\(path): fits none of \(key): \(parts.min { $0.count < $1.count } ?? [])") }
        if key == "oneOf", fitting > 1 { found.append("\(path): fits several of oneOf") }
      default: found.append("\(path): the rule \(key) is not known")
      }
    }
    return found
  }

  private func definition(_ reference: String) -> [String: Any] {
    let name = reference.split(separator: "/").last.map(String.init) ?? ""
    return (root["definitions"] as? [String: [String: Any]])?[name] ?? ["undefined \(reference)": 0]
  }

  private func isOf(_ type: String, _ value: Any) -> Bool {
    let isTruth = (value as? NSNumber).map { CFBooleanLike.isBoolean($0) } ?? false
    return switch type {
    case "object": value is [String: Any]
    case "array": value is [Any]
    case "string": value is String
    case "null": value is NSNull
    case "boolean": isTruth
    case "integer": !isTruth && (value as? NSNumber).map { $0.doubleValue == $0.doubleValue.rounded() } ?? false
    case "number": !isTruth && value is NSNumber
    default: false
    }
  }

  private func isEqual(_ a: Any, _ b: Any) -> Bool {
    (a as? NSObject).map { $0.isEqual(b) } ?? false || "\(a)" == "\(b)"
  }
}

private enum CFBooleanLike {
  static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
