import Foundation
import Testing

@testable import MCPAuthToolInput

@Suite struct BoundedFileTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mcpauth-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  @Test("a file is read completely up to its limit, and refused beyond it")
  func limit() throws {
    try withFolder { folder in
      let path = folder + "/file"
      let bytes = [UInt8](repeating: 65, count: 200_000)
      #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
      let read = try BoundedFile.read(path, limit: 200_000)
      #expect(read == bytes)
      #expect(throws: BoundedFile.Problem.tooLarge(limit: 199_999)) { try BoundedFile.read(path, limit: 199_999) }
      let link = folder + "/link"
      #expect(symlink(path, link) == 0)
      #expect(try BoundedFile.read(link, limit: 200_000).count == 200_000)
      #expect(throws: BoundedFile.Problem.self) { try BoundedFile.read(link, limit: 200_000, followsLink: false) }
    }
  }

  @Test("a path that is not a file is refused at once: a folder, a pipe without a writer, a device")
  func noFile() throws {
    try withFolder { folder in
      #expect(throws: BoundedFile.Problem.isFolder) { try BoundedFile.read(folder, limit: 10) }
      #expect(throws: BoundedFile.Problem.missing) { try BoundedFile.read(folder + "/none", limit: 10) }
      #expect(mkfifo(folder + "/pipe", 0o600) == 0)
      #expect(throws: BoundedFile.Problem.notAFile) { try BoundedFile.read(folder + "/pipe", limit: 10) }
      #expect(throws: BoundedFile.Problem.notAFile) { try BoundedFile.read("/dev/null", limit: 10) }
    }
  }
}
