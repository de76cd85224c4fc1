import MCPAuthCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Why a file operation failed. All file code of this module throws this error.
struct FileProblem: Error, Sendable, Equatable {
  enum Reason: Sendable, Equatable {
    case errno(Int32)
    /// The path holds another kind of file than expected.
    case isLink, isFolder, isFile, isSpecial
    case tooLarge(limit: Int)
    /// The file that was opened is no longer the file at the path.
    case replaced
    /// Another user could have written it.
    case foreignOwner(isFolder: Bool), writableByOthers(mode: UInt32), hasOtherNames
  }

  /// The path as messages show it.
  var path: String
  var reason: Reason

  init(_ path: String, _ reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// The problem of the system call that has just failed.
  static func last(_ path: String) -> FileProblem { FileProblem(path, .errno(errno)) }

  var isAbsence: Bool { reason == .errno(ENOENT) }

  /// For example `no space left on the disk`.
  var explanation: String {
    switch reason {
    case .isLink: "it is a symbolic link, and links are not followed here"
    case .isFolder: "it is a folder where a file should be"
    case .isFile: "it is a file where a folder should be"
    case .isSpecial: "it is neither a file nor a folder"
    case .tooLarge(let limit): "it is larger than \(limit) bytes"
    case .replaced: "it was removed or replaced while mcpauth was running"
    case .foreignOwner: "it belongs to another user"
    case .writableByOthers(let mode): "other users can write it (mode \(String(mode, radix: 8)))"
    case .hasOtherNames: "it is a hard link: the same file has another name, through which it can be changed"
    case .errno(let code): Self.words(for: code)
    }
  }

  var diagnostic: Diagnostic {
    Diagnostic(
      .error, isUnsafe ? .unsafeFile : .storeFailed, "'\(ForeignText.printable(path))': \(explanation)", help: help)
  }

  /// Whether another user could have written it.
  var isUnsafe: Bool {
    switch reason {
    case .foreignOwner, .writableByOthers, .hasOtherNames: true
    default: false
    }
  }

  private var help: [String] {
    switch reason {
    case .isLink: ["remove the link, and put a real file or folder in its place; find out who created it"]
    case .isFolder, .isFile, .isSpecial: ["move it to another place"]
    case .tooLarge: []
    case .foreignOwner(let isFolder):
      ["if its content is yours, become its owner: sudo chown \(isFolder ? "-R " : "")\"$(id -u)\" \(quoted)"]
    case .writableByOthers:
      ["check its content, because others could have written it; then remove their write access: chmod go-w \(quoted)"]
    case .hasOtherNames:
      [
        "check its content; then make it a separate file: cp -p \(quoted) \(quoted).own && mv \(quoted).own \(quoted)"
      ]
    case .replaced: ["do not clean the work tree during a run"]
    case .errno(ENOSPC), .errno(EDQUOT): ["free some space; nothing that was stored before is lost"]
    case .errno(EACCES), .errno(EPERM): ["run as the user who owns the folder, or give this user access"]
    case .errno(EROFS): ["run where the folder can be written"]
    case .errno: []
    }
  }

  /// The path quoted as one word for a shell.
  private var quoted: String { PastedText.shell(path) }

  private static func words(for code: Int32) -> String {
    switch code {
    case ENOSPC: "no space left on the disk"
    case EDQUOT: "the disk quota is used up"
    case EFBIG: "the file would be larger than allowed"
    case EACCES: "permission denied"
    case EPERM: "the operation is not permitted"
    case EROFS: "the file system is read-only"
    case ENOENT: "no such file or folder"
    case EEXIST: "it exists already"
    case EISDIR: "it is a folder where a file should be"
    case ENOTDIR: "it is a file where a folder should be"
    case ELOOP: "it is a symbolic link, and links are not followed here"
    case ENAMETOOLONG: "the name is too long"
    case EMFILE, ENFILE: "too many files are open"
    case EIO: "the disk failed"
    case let other: strerror(other).map { String(cString: $0).lowercased() } ?? "error \(other)"
    }
  }
}

/// - Returns: nil when what is to be opened does not exist.
func ifPresent<Value>(_ open: () throws(FileProblem) -> Value) throws(FileProblem) -> Value? {
  do throws(FileProblem) {
    return try open()
  } catch {
    if error.isAbsence { return nil }
    throw error
  }
}

/// Runs file operations, and converts their failure to a `store-failed` diagnostic.
func storing<Value>(_ work: () throws(FileProblem) -> Value) throws(Diagnostic) -> Value {
  do throws(FileProblem) {
    return try work()
  } catch {
    throw error.diagnostic
  }
}
