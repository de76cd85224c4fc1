import MCPAuthCore
import MCPAuthReconciler

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The journal, opened for appending by the holder of the run lock.
struct JournalFile {
  static let name = "journal.jsonl"
  /// Far more than 10,000 servers write between two writes of the lock file.
  static let limit = 1 << 28

  private let descriptor: Descriptor
  private let disk: Disk
  /// The position of the next line. Everything before it is durable.
  private var end: Int
  private(set) var lineage: String?
  /// Whether a failed write, or an incomplete write of an earlier run, may have left data after `end`.
  private var isDirty: Bool
  private var lacksNewline: Bool

  /// Opens the journal. It is made when it does not exist.
  /// - Throws: `journal-invalid`, `store-failed`.
  init(in folder: Folder) throws(Diagnostic) {
    (descriptor, disk) = try storing { () throws(FileProblem) in
      if try folder.status(Self.name) == nil {
        let made = try folder.open(Self.name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600, expecting: .file)
        try made.setMode(0o600)
        try folder.sync()
        return (made, folder.disk)
      }
      return (try folder.file(Self.name, O_RDWR), folder.disk)
    }
    let descriptor = descriptor
    let bytes = try storing { () throws(FileProblem) in try descriptor.read(limit: Self.limit) }
    let scan = try JournalText.scan(bytes, file: descriptor.path)
    end = scan.end
    lineage = scan.journal.lineage
    lacksNewline = scan.lacksNewline
    isDirty = bytes.count > scan.end
  }

  /// Appends lines with one fsync. Lines that could not be made durable are removed before anything else is appended.
  mutating func append(_ lines: [UInt8], lineage: String) throws(FileProblem) {
    if isDirty { try descriptor.truncate(to: end) }
    isDirty = true
    let start = self.lineage == nil ? JournalText.head(lineage: lineage) : lacksNewline ? [0x0A] : []
    let text = start + lines
    do throws(FileProblem) {
      try descriptor.write(text, at: end)
      try descriptor.sync(disk)
    } catch {
      if (try? descriptor.truncate(to: end)) != nil { isDirty = false }
      throw error
    }
    isDirty = false
    lacksNewline = false
    self.lineage = self.lineage ?? lineage
    end += text.count
  }

  mutating func empty() throws(FileProblem) {
    try descriptor.truncate(to: 0)
    end = 0
    lineage = nil
    lacksNewline = false
    isDirty = false
    try descriptor.sync(disk)
  }

  /// Whether the path still leads to this file. When a cleanup of the work tree has deleted the file, appended lines would be lost.
  /// - Parameter folder: what the path of its folder leads to now.
  func isIn(_ folder: Folder?) throws(FileProblem) -> Bool {
    guard let there = try folder?.status(Self.name) else { return false }
    return there.identity == (try descriptor.status().identity)
  }
}
