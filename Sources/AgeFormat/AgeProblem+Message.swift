extension AgeProblem: CustomStringConvertible {
  package var description: String { message }

  /// In lower case, without a full stop, on one line.
  package var message: String {
    switch self {
    case .armor(let fault, let line): "line \(line) of the age armor: \(fault.message)"
    case .header(let fault): fault.message
    case .noIdentityMatched: "the age file is not encrypted to any of the identities given"
    case .unsupportedRecipients(let types):
      "the age file is encrypted only with \(types.map(\.name).joined(separator: ", ")): only X25519 is supported"
    case .headerMACFailed: "the header of the age file was changed: its MAC is wrong"
    case .payload(let fault): fault.message
    case .recipient(let fault): "not an age recipient: \(fault.message)"
    case .identity(let fault, let line):
      (line.map { "line \($0): " } ?? "") + "not an age identity: \(fault.message)"
    case .recipientCount(0): "no recipient to encrypt to"
    case .recipientCount(let count): "\(count) recipients are more than the \(AgeLimits.stanzas) that a file may have"
    case .noIdentity: "no age identity given"
    case .identityFileTooLarge:
      "the identity file is over \(AgeLimits.identityFile) bytes, or has more than \(AgeLimits.identities) identities"
    case .cryptography: "the cryptography library refused the operation"
    }
  }
}

extension AgeArmorFault {
  var message: String {
    switch self {
    case .beginLine: "expected -----BEGIN AGE ENCRYPTED FILE-----"
    case .endLine: "expected -----END AGE ENCRYPTED FILE-----"
    case .lineLength: "a line is empty, over 64 columns, or short before the last"
    case .base64(let fault): fault.message
    case .trailingData: "there is something after the end of the armor"
    }
  }
}

extension AgeHeaderFault {
  var message: String {
    switch self {
    case .notAge: "this is not an age file"
    case .version: "the age file has another version than v1"
    case .truncated: "the age file ends within its header"
    case .line: "the header of the age file has a line that begins neither a recipient nor the MAC"
    case .arguments: "the header of the age file has a recipient with malformed arguments"
    case .bodyLine: "the header of the age file has a line over 64 columns"
    case .base64(let fault): "the header of the age file: \(fault.message)"
    case .mac: "the header of the age file has a malformed MAC"
    case .noStanza: "the header of the age file names no recipient"
    case .tooLarge: "the header of the age file is too large"
    case .scryptNotAlone: "the age file is encrypted to a passphrase and to another recipient, which is not allowed"
    case .x25519Share: "the header of the age file has a malformed X25519 share"
    case .x25519Body: "the header of the age file has a wrapped key of the wrong size"
    case .zeroSharedSecret: "the header of the age file has an X25519 share of low order"
    }
  }
}

extension AgePayloadFault {
  var message: String {
    switch self {
    case .truncated: "the age file is cut short"
    case .damaged: "the age file is damaged"
    case .emptyFinalChunk: "the age file is malformed: its last chunk is empty"
    case .trailingData: "there is something after the end of the age file"
    }
  }
}

extension AgeKeyFault {
  var message: String {
    switch self {
    case .notAKey: "expected age1… for a recipient, AGE-SECRET-KEY-1… for an identity"
    case .identityGiven: "this is a secret key; its recipient (age1…) is expected"
    case .recipientGiven: "this is a recipient; its secret key (AGE-SECRET-KEY-1…) is expected"
    case .unsupported(let type): "\(type.name) is not supported, only X25519"
    case .bech32(let fault): fault.message
    case .wrongCase: "recipients are lower case, identities upper case"
    case .length: "it does not hold 32 bytes"
    case .lowOrder: "it has low order, so anybody could decrypt the file"
    }
  }
}

extension Base64Fault {
  var message: String {
    switch self {
    case .character: "a character that is not base64"
    case .length: "base64 of an impossible length"
    case .notCanonical: "base64 that is not canonical"
    case .padding: "base64 padding where none is expected, or none where it is expected"
    }
  }
}

extension Bech32Fault {
  var message: String {
    switch self {
    case .character: "a character that is not bech32"
    case .mixedCase: "upper and lower case are mixed"
    case .separator: "the separator 1 is missing or misplaced"
    case .checksum: "the checksum is wrong: a character is mistyped"
    case .padding: "the padding is not zero"
    case .tooLong: "it is too long"
    }
  }
}
