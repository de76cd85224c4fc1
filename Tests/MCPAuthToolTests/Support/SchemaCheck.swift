import MCPAuthCore

@testable import MCPAuthToolCommands

/// The part of JSON Schema draft-07 that the schemas of this project use.
struct SchemaCheck {
  private let root: JSON

  init(_ name: SchemaName) throws {
    root = try JSONParser.parse(name.text, refusingDuplicates: true)
  }

  /// The problems of the value; empty if it matches the schema.
  func problems(_ value: JSON) -> [String] { problems(value, root, "") }

  /// The names of all properties of a definition.
  func properties(_ definition: String) -> Set<String> {
    Set(root["definitions"]?[definition]?["properties"]?.object?.members.map(\.name) ?? [])
  }

  private func problems(_ value: JSON, _ schema: JSON, _ path: String) -> [String] {
    var found: [String] = []
    if case .bool(let isAllowed) = schema { return isAllowed ? [] : ["\(path): not allowed"] }
    if let name = schema["$ref"]?.string?.split(separator: "/").last, let target = root["definitions"]?[String(name)] {
      return problems(value, target, path)
    }
    for part in schema["allOf"]?.array ?? [] { found += problems(value, part, path) }
    if let parts = schema["oneOf"]?.array {
      let outcomes = parts.map { problems(value, $0, path) }
      let fitting = outcomes.count { $0.isEmpty }
      if fitting != 1 { found.append("\(path): fits \(fitting) of oneOf: \(outcomes)") }
    }
    if let parts = schema["anyOf"]?.array, parts.allSatisfy({ !problems(value, $0, path).isEmpty }) {
      found.append("\(path): fits none of anyOf")
    }
    if let constant = schema["const"], constant != value { found.append("\(path): not the constant") }
    if let choices = schema["enum"]?.array, !choices.contains(value) { found.append("\(path): none of the enum") }
    if let type = schema["type"] {
      let names = type.array?.compactMap(\.string) ?? [type.string ?? ""]
      if !names.contains(where: { Self.fits(value, $0) }) { found.append("\(path): \(value.kind), not \(names)") }
    }
    if let object = value.object { found += members(object, schema, path) }
    if let array = value.array {
      if let least = schema["minItems"]?.integer, array.count < least { found.append("\(path): too few") }
      if let items = schema["items"] {
        for (index, element) in array.enumerated() { found += problems(element, items, "\(path)/\(index)") }
      }
    }
    return found
  }

  private func members(_ object: JSONObject, _ schema: JSON, _ path: String) -> [String] {
    var found: [String] = []
    for name in schema["required"]?.array?.compactMap(\.string) ?? [] where object[name] == nil {
      found.append("\(path): '\(name)' is missing")
    }
    for dependency in schema["dependencies"]?.object?.members ?? [] where object[dependency.name] != nil {
      for name in dependency.value.array?.compactMap(\.string) ?? [] where object[name] == nil {
        found.append("\(path): '\(dependency.name)' needs '\(name)'")
      }
    }
    for member in object.members {
      if let property = schema["properties"]?[member.name] {
        found += problems(member.value, property, path + "/" + member.name)
      } else if let rest = schema["additionalProperties"] {
        found += problems(member.value, rest, path + "/" + member.name)
      }
    }
    return found
  }

  private static func fits(_ value: JSON, _ type: String) -> Bool {
    switch value {
    case .null: type == "null"
    case .bool: type == "boolean"
    case .number: type == "number" || type == "integer" && value.integer != nil
    case .string: type == "string"
    case .array: type == "array"
    case .object: type == "object"
    }
  }
}
