/// The differences between the file stores: how the bytes of a record are stored on the disk, and who may read them there.
package protocol RecordCodec: Sendable {
  /// The name of the store, for example `directory`.
  var store: String { get }
  /// The file name extension, for example `.json`.
  var ending: String { get }
  var fileMode: UInt32 { get }
  var folderMode: UInt32 { get }
  /// Whether the folder is private to the user. If so, it is excluded from version control, and the permissions of other users on it are removed.
  var isPrivate: Bool { get }
  /// Whether `decode` can work at all.
  var canRead: Bool { get }
  /// Help for the user where a record cannot be read.
  var help: [String] { get }

  /// A file beside the records that lists their recipients. It is made with the first record. nil: the records have no recipients.
  var note: RecordNote? { get }

  /// Only the result of this function is written to the disk.
  func encode(_ plain: [UInt8]) throws(CodecProblem) -> [UInt8]
  func decode(_ stored: [UInt8]) throws(CodecProblem) -> [UInt8]
}

extension RecordCodec {
  package var note: RecordNote? { nil }
}

/// A file beside the records that all users may read.
package struct RecordNote: Sendable, Equatable {
  package var name: String
  package var bytes: [UInt8]
}

/// Why a codec failed. The message is in lower case, without a full stop, and contains no value.
package struct CodecProblem: Error, Sendable, Equatable {
  package var message: String
  package var help: [String] = []
  /// Whether the identity is wrong, not the record: then every record has the same problem.
  package var isOfIdentity = false
}

/// Records as plain text.
package struct PlainCodec: RecordCodec {
  package var store: String { "directory" }
  package var ending: String { RecordName.json.ending }
  package var fileMode: UInt32 { 0o600 }
  package var folderMode: UInt32 { 0o700 }
  package var isPrivate: Bool { true }
  package var canRead: Bool { true }
  package var help: [String] { ["restore it from a backup"] }

  package func encode(_ plain: [UInt8]) throws(CodecProblem) -> [UInt8] { plain }
  package func decode(_ stored: [UInt8]) throws(CodecProblem) -> [UInt8] { stored }
}
