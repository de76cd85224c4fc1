/// Values of dotenv files. There is no standard: they are written so that as many loaders as possible read the same value.
enum DotenvText {
  /// - Parameter text: without `${`: no kind of quotes protects it.
  /// - Returns: the text after `NAME=`, and whether all common loaders (python-dotenv, dotenv of Node and Ruby, a shell) read it back
  ///   unchanged.
  static func value(_ text: String) -> (text: String, isCertain: Bool) {
    func has(_ characters: String) -> Bool { text.unicodeScalars.contains { characters.unicodeScalars.contains($0) } }
    if !text.isEmpty, text.utf8.allSatisfy(isSafe) { return (text, true) }
    if !has("'\\") { return ("'" + text + "'", true) }
    if !has("\"\\$`") { return ("\"" + text + "\"", true) }
    // A backslash in quotes is an escape for some loaders, without quotes only for shells.
    if !has("'\"`#$ ") { return (text, false) }
    // Works scalar by scalar, because a quote may be part of the same Character as a combining mark after it.
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\\" || scalar == "'" { escaped.append("\\") }
      escaped.append(scalar)
    }
    return ("'" + String(escaped) + "'", false)
  }

  /// Characters that have no meaning for any loader.
  private static func isSafe(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || "-_.:/+=@,%".utf8.contains(byte)
  }
}
