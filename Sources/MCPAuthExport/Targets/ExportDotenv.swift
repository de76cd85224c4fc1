internal import MCPAuthCore

/// `NAME=value` lines with the secrets, for consumers that read their environment.
struct ExportDotenv {
  let handling: SecretHandling
  private(set) var warnings: [Diagnostic] = []

  /// - Parameter existing: an existing file. Its other lines stay.
  mutating func text(
    _ servers: [ExportedServer], onto existing: [UInt8]?, file: String
  ) throws(Diagnostic) -> [UInt8] {
    var lines: [(name: String, line: String?)] = []
    for server in servers {
      // Two servers can share a variable of the inventory.
      for (_, slot) in server.slots where !lines.contains(where: { $0.name == slot.reference }) {
        lines.append((slot.reference, try line(slot, of: server)))
      }
    }
    if let existing {
      return try DotenvMerge(existing, file: file).setting(lines.compactMap { name, line in line.map { (name, $0) } })
    }
    return Array(lines.map { name, line in (line ?? "# \(name)=") + "\n" }.joined().utf8)
  }

  /// nil if the value is not written.
  private mutating func line(_ slot: ExportedServer.SecretSlot, of server: ExportedServer) throws(Diagnostic) -> String?
  {
    guard handling == .inline, let value = slot.value?.open() else { return nil }
    guard !value.hasControlCharacters else {
      throw Diagnostic(
        .error, .invalidValue,
        "dotenv cannot hold a secret of '\(server.name)': it contains a line end or another control character",
        at: server.location, help: ["leave the server out with --only NAME, or use --to kubernetes"])
    }
    let (text, isCertain) = DotenvText.value(value)
    if !isCertain {
      warnings.append(
        .warning(
          .exportUnverified,
          "programs that read dotenv files do not agree on how to quote the value of \(slot.reference)",
          at: server.location,
          help: ["it is written for python-dotenv; check that yours reads the same"]))
    }
    return slot.reference + "=" + text
  }
}
