/// The result of reading a text.
package struct YAMLDocument: Sendable {
  /// nil if the text is empty (except comments) or could not be read.
  package var root: YAMLNode?
  /// In the order of the lines.
  package var problems: [YAMLProblem]
}

/// Reads one YAML document (1.2, as far as libyaml 0.2.5 supports it; merge keys as in YAML 1.1).
package enum YAMLReader {
  /// The most bytes of a file (InventoryReference#Values).
  package static let maximumBytes = 16 << 20
  /// The most mappings and lists inside each other.
  package static let maximumDepth = 64
  /// The most nodes that all aliases together may add.
  package static let maximumExpansion = 100_000

  /// - Parameter bytes: the whole file in UTF-8, with or without a byte order mark, with LF or CRLF line ends.
  /// - Returns: the tree. If a mistake stops the reading, there is no root. Other mistakes (an unknown alias, a custom tag) give an
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
