/// Values of dotenv files. There is no standard: what is written is read the same by as many loaders as can be.
enum DotenvText {
  /// - Returns: the value as it stands after `NAME=`, and whether all common loaders (python-dotenv, dotenv of Node and Ruby, a shell)
  ///   read it back as it was.
  static func value(_ text: String) -> (text: String, isCertain: Bool) {
    func has(_ characters: String) -> Bool { text.unicodeScalars.contains { characters.unicodeScalars.contains($0) } }
    if !text.isEmpty, text.utf8.allSatisfy(isSafe) { return (text, true) }
    let expands = text.contains("${")
    if !has("'\\") { return ("'" + text + "'", !expands) }
    if !has("\"\\$`") { return ("\"" + text + "\"", true) }
    // A backslash in quotes is an escape to some; without quotes, to shells only.
    if !has("'\"`#$ ") { return (text, false) }
    return ("'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'", false)
  }

  /// What means nothing to anybody.
  private static func isSafe(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || "-_.:/+=@,%".utf8.contains(byte)
  }
}
