/// What a text amounts to.
package struct YAMLDocument: Sendable {
  /// nil where the text is empty (comments aside), or could not be read at all.
  package var root: YAMLNode?
  /// In the order of the lines.
  package var problems: [YAMLProblem]
}

/// Reads one YAML document (1.2, as far as libyaml 0.2.5 goes; merge keys as in YAML 1.1).
package enum YAMLReader {
  /// Most bytes of a file (InventoryReference#Values).
  package static let maximumBytes = 16 << 20
  /// Most mappings and lists inside one another.
  package static let maximumDepth = 64
  /// Most nodes that all aliases together may stand for.
  package static let maximumExpansion = 100_000

  /// - Parameter bytes: the whole file; UTF-8, with or without a byte order mark, with LF or CRLF line ends.
  /// - Returns: the tree. A mistake that ends the reading leaves no root; one that does not (an unknown alias, a custom tag) leaves an
  ///   `unusable` node, so that all other mistakes can still be found.
  package static func read(_ bytes: [UInt8]) -> YAMLDocument {
    do throws(YAMLProblem) {
      let text = try YAMLSource(bytes)
      var composer = YAMLComposer(text)
      do throws(YAMLProblem) {
        let root = try composer.document()
        return YAMLDocument(root: root, problems: composer.problems)
      } catch {
        return YAMLDocument(root: nil, problems: composer.problems + [error])
      }
    } catch {
      return YAMLDocument(root: nil, problems: [error])
    }
  }
}
