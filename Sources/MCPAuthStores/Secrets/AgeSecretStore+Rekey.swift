import AgeFormat
package import MCPAuthCore
package import MCPAuthReconciler

/// Encrypts existing records to the current recipients after the recipients changed (SecretStores#Age).
extension FileSecretStore: RecipientSecretStore where Codec == AgeCodec {
  package var recipientCount: Int { codec.recipients.count }
  package var canReadOwn: Bool { codec.identities.contains { codec.recipients.contains($0.recipient) } }

  package func rekey(_ item: SecretItem, writing: Bool) async throws(Diagnostic) -> RekeyedItem {
    guard let (file, place) = file(of: item), let kept = try await kept(file, in: place) else { return .gone }
    let plain: [UInt8]
    do throws(CodecProblem) {
      plain = try codec.decode(kept)
    } catch {
      throw unreadable(file, in: place, error)
    }
    if writing {
      let bytes = try encode(plain)
      // A wrongly encrypted file must not replace a correctly encrypted one.
      if canReadOwn, (try? codec.decode(bytes)) != plain {
        throw Diagnostic(
          .error, .storeFailed, "the age store cannot encrypt '\(file)': reading it back gave another value")
      }
      try await working { store, folder throws(FileProblem) in
        let folder = try place.map { name throws(FileProblem) in try store.making(name, in: folder) } ?? folder
        try folder.replace(file, with: bytes, mode: store.codec.fileMode, syncing: store.shared)
      }
    }
    return codec.isSurelyForOthers(kept) ? .differed : .alike
  }

  private func file(of item: SecretItem) -> (file: String, place: String?)? {
    switch item {
    case .record(let server, let version): names.file(server: server, version: version).map { ($0, nil) }
    case .orphan(let name): RecordName.isHash(name) ? (name + names.ending, SecretFolder.orphans) : nil
    case .stored(let key): names.file(storedKey: key).map { ($0, SecretFolder.stored) }
    }
  }
}

extension AgeCodec {
  /// Whether a file certainly has other recipients than the current ones: by the number of recipients, or by which identities can open it.
  func isSurelyForOthers(_ stored: [UInt8]) -> Bool {
    guard let file = try? AgeFile(stored, as: .armored), file.foreignTypes.isEmpty else { return true }
    if file.recipientCount != recipients.count { return true }
    return identities.contains { file.isEncrypted(to: $0) != recipients.contains($0.recipient) }
  }
}
