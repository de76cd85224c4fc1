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
  ///   `unusable` node, so that all other mistakes can still be found. So do values that cannot be parsed, where the rest can.
  package static func read(_ bytes: [UInt8]) -> YAMLDocument {
    do throws(YAMLProblem) {
      let text = try YAMLSource(bytes)
      var composer = YAMLComposer(text)
      do throws(YAMLProblem) {
        let root = try composer.document()
        return YAMLDocument(root: root, problems: composer.problems)
      } catch {
        let first = YAMLDocument(root: nil, problems: composer.problems + [error])
        return composer.hasParserFailed ? recovered(text, first) : first
      }
    } catch {
      return YAMLDocument(root: nil, problems: [error])
    }
  }

  /// All syntax errors of a text, and what can be read without the wrong parts.
  ///
  /// - Parameter first: what was read up to the first error.
  private static func recovered(_ text: YAMLSource, _ first: YAMLDocument) -> YAMLDocument {
    guard !text.hasConflict else { return first }
    let recovery = YAMLRecovery(text)
    guard !recovery.problems.isEmpty else { return first }
    var root: YAMLNode?
    var problems = recovery.problems
    if let rest = recovery.rest {
      var composer = YAMLComposer(rest, unusable: recovery.unusable)
      do throws(YAMLProblem) {
        root = try composer.document()
      } catch {
        // A mistake between two parts, for example a line that is not a key.
        problems.append(error)
      }
      problems += composer.problems
    } else {
      problems += first.problems.dropLast()
    }
    return YAMLDocument(
      root: root,
      problems: problems.sorted { ($0.mark.line, $0.mark.column) < ($1.mark.line, $1.mark.column) })
  }
}
