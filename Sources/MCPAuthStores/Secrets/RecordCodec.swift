import MCPAuthCore

/// What the file stores differ in: how a record's bytes lie on the disk, and who may look at them there.
package protocol RecordCodec: Sendable {
  /// `directory`
  var store: String { get }
  /// `.json`
  var ending: String { get }
  var fileMode: UInt32 { get }
  var folderMode: UInt32 { get }
  /// Whether the folder is the user's alone: kept out of version control, and whatever others may do there is taken away.
  var isPrivate: Bool { get }
  /// Whether `decode` can work at all.
  var canRead: Bool { get }
  /// What helps where a record cannot be read.
  var help: [String] { get }

  /// A file beside the records that says for whom they are, made with the first of them; nil: they are for nobody in particular.
  var note: RecordNote? { get }

  /// Nothing but its result ever touches the disk.
  func encode(_ plain: [UInt8]) throws(CodecProblem) -> [UInt8]
  func decode(_ stored: [UInt8]) throws(CodecProblem) -> [UInt8]
}

extension RecordCodec {
  package var note: RecordNote? { nil }
}

/// A file beside the records, for everybody to read.
package struct RecordNote: Sendable, Equatable {
  package var name: String
  package var bytes: [UInt8]
}

/// Why a codec cannot: lower case, no full stop, no value.
package struct CodecProblem: Error, Sendable, Equatable {
  package var message: String
  package var help: [String] = []
}

/// Records as they are.
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
