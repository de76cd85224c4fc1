internal import MCPAuthCore
internal import MCPAuthYAML

/// The value of a consumer's file, and the lines of its members.
struct ConsumerDocument {
  private enum Tree {
    case json(JSONCNode)
    case yaml(YAMLNode)
    case toml([TOMLStatement])
  }

  let root: JSON
  let format: ImportFormat
  let file: String
  private let bytes: [UInt8]
  private let tree: Tree

  /// - Throws: `import-unreadable`, with the line.
  init(_ bytes: [UInt8], _ format: ImportFormat, file: String) throws(Diagnostic) {
    self.bytes = bytes
    self.format = format
    self.file = file
    switch format {
    case .codex:
      let statements: [TOMLStatement]
      do throws(TOMLParser.Problem) {
        statements = try TOMLParser.parse(bytes)
      } catch {
        throw Self.unreadable(file, format, error.message, at: error.offset, in: bytes)
      }
      tree = .toml(statements)
      do throws(Diagnostic) {
        root = .object(try TOMLTree.object(statements, bytes, file: file))
      } catch {
        throw .importUnreadable(file, format, "a table or a key is defined twice")
      }
    case .librechat:
      let document = YAMLReader.read(bytes)
      if let problem = document.problems.first {
        throw .importUnreadable(file, format, problem.message, line: problem.mark.line)
      }
      guard let node = document.root else { throw .importUnreadable(file, format, "it is empty") }
      tree = .yaml(node)
      do throws(Diagnostic) {
        root = try YAMLEditor.json(node, file: file)
      } catch {
        throw .importUnreadable(file, format, "a key is defined twice")
      }
    case .claudeCode, .vscode, .cursor, .coder, .registry:
      let node: JSONCNode?
      do throws(JSONCParser.Problem) {
        node = try JSONCParser.parse(bytes)
      } catch {
        throw Self.unreadable(file, format, error.message, at: error.offset, in: bytes)
      }
      guard let node else { throw .importUnreadable(file, format, "it is empty") }
      tree = .json(node)
      root = node.json
    }
  }

  private static func unreadable(
    _ file: String, _ format: ImportFormat, _ message: String, at offset: Int, in bytes: [UInt8]
  ) -> Diagnostic {
    .importUnreadable(file, format, message, line: JSONParser.line(of: offset, in: bytes))
  }

  /// The value at a path of names. An element of a list has its number as its name.
  func value(at path: [String]) -> JSON? {
    var value = root
    for name in path {
      var inner = value[name]
      if let elements = value.array, let index = Int(name), elements.indices.contains(index) { inner = elements[index] }
      guard let inner else { return nil }
      value = inner
    }
    return value
  }

  /// The line of the member at a path.
  func line(of path: [String]) -> Int? {
    switch tree {
    case .json(let node):
      var place = node
      var offset = node.range.lowerBound
      for name in path {
        switch place {
        case .object(let members, _):
          guard let member = members.first(where: { $0.name == name }) else { return nil }
          place = member.value
          offset = member.key.lowerBound
        case .array(let elements, _):
          guard let index = Int(name), elements.indices.contains(index) else { return nil }
          place = elements[index]
          offset = place.range.lowerBound
        case .scalar: return nil
        }
      }
      return JSONParser.line(of: offset, in: bytes)
    case .yaml(let node):
      var place = node
      var line = node.mark.line
      for name in path {
        guard case .mapping(let entries) = place.content, let entry = entries.first(where: { $0.name == name }) else {
          return nil
        }
        place = entry.value
        line = entry.mark.line
      }
      return line
    case .toml(let statements):
      let statement = statements.first { statement in
        switch statement.content {
        case .header(let names, _): names.starts(with: path)
        case .pair(let key, _): (statement.table + key).starts(with: path)
        }
      }
      return statement.map { JSONParser.line(of: $0.range.lowerBound, in: bytes) }
    }
  }
}
