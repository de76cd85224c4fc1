/// Reads a header exactly by the specification's ABNF. Only LF ends a line, and nothing is skipped.
///
///     header = v1-line 1*stanza end
///     stanza = "-> " argument *(SP argument) LF *(64base64char LF) *63base64char LF
///     end    = "--- " 43base64char LF
struct AgeHeaderParser {
  private let file: [UInt8]
  private(set) var position = 0

  init(_ file: [UInt8]) {
    self.file = file
  }

  /// Sets `position` to the first byte of the payload.
  mutating func parse() throws(AgeProblem) -> AgeHeader {
    do { return try header() } catch { throw .header(error) }
  }

  private mutating func header() throws(AgeHeaderFault) -> AgeHeader {
    guard file.starts(with: AgeHeader.origin) else {
      // A file that ends within the first word counts as truncated.
      throw !file.isEmpty && AgeHeader.origin.starts(with: file) ? .truncated : .notAge
    }
    guard file.starts(with: AgeHeader.version) else {
      throw AgeHeader.version.starts(with: file) ? .truncated : .version
    }
    position = AgeHeader.version.count
    var stanzas: [AgeStanza] = []
    while true {
      let start = position
      let line = try nextLine()
      if line.starts(with: Self.stanzaMark) {
        guard stanzas.count < AgeLimits.stanzas else { throw .tooLarge }
        stanzas.append(try stanza(firstLine: line, from: start))
      } else if line.starts(with: Self.macMark) {
        guard !stanzas.isEmpty else { throw .noStanza }
        return AgeHeader(
          stanzas: stanzas, mac: try mac(line), authenticated: file[..<(start + Self.macMark.count)])
      } else {
        throw .line
      }
    }
  }

  private mutating func stanza(firstLine: ArraySlice<UInt8>, from start: Int) throws(AgeHeaderFault) -> AgeStanza {
    let rest = firstLine.dropFirst(Self.stanzaMark.count)
    guard rest.first == Self.space else { throw .arguments }
    let arguments = rest.dropFirst().split(separator: Self.space, omittingEmptySubsequences: false)
    for argument in arguments {
      // VCHAR
      guard !argument.isEmpty, argument.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .arguments }
    }
    var body: [UInt8] = []
    while true {
      let line = try nextLine()
      guard line.count <= AgeHeader.columns else { throw .bodyLine }
      guard position - start <= AgeLimits.stanza else { throw .tooLarge }
      // A full line is exactly 48 bytes, so each line can be decoded separately.
      do { body += try Base64.decode(line, padded: false) } catch { throw .base64(error) }
      if line.count < AgeHeader.columns { break }
    }
    return AgeStanza(arguments: arguments.map(Array.init), body: body)
  }

  private func mac(_ line: ArraySlice<UInt8>) throws(AgeHeaderFault) -> [UInt8] {
    let rest = line.dropFirst(Self.macMark.count)
    guard rest.first == Self.space, rest.count == 44 else { throw .mac }
    do { return try Base64.decode(rest.dropFirst(), padded: false) } catch { throw .base64(error) }
  }

  /// The next line without its LF. Reads no further than the limits allow.
  private mutating func nextLine() throws(AgeHeaderFault) -> ArraySlice<UInt8> {
    let bound = min(file.count, AgeLimits.header, position + AgeLimits.stanza)
    guard position < bound, let end = file[position..<bound].firstIndex(of: AgeHeader.lineFeed) else {
      throw bound == file.count ? .truncated : .tooLarge
    }
    defer { position = end + 1 }
    return file[position..<end]
  }

  private static let stanzaMark = Array("->".utf8)
  private static let macMark = Array("---".utf8)
  private static let space = UInt8(ascii: " ")
}
