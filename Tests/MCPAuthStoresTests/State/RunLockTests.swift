import Foundation
import MCPAuthCore
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

@Suite struct RunLockTests {
  let place: TemporaryFolder

  init() throws { place = try TemporaryFolder() }

  func taken(_ attempt: RunLock.Attempt) -> Bool { if case .taken = attempt { true } else { false } }

  @Test("Reliability#One-run-at-a-time: a lock of another process is respected, and its end releases it")
  func otherProcess() async throws {
    try place.write("", to: ".mcpauth/servers/run.lock")
    let store = try FileStateStore(inventoryPath: place("servers.yaml"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
    process.arguments = [place(".mcpauth/servers/run.lock"), "sh", "-c", "echo held; read line"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    #expect(output.fileHandleForReading.availableData == Data("held\n".utf8))
    #expect(try await store.isHeld())
    let refusal = try await diagnostic { try await store.acquire(Sample.holder, timeout: 0) }
    #expect(refusal.code == .locked)
    #expect(refusal.message.contains("it is not known which one"))
    // Killed, like a cancelled job.
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(try await store.isHeld() == false)
    try await store.acquire(Sample.holder, timeout: 0)
  }

  @Test("Reliability#One-run-at-a-time: a plan that only reads does not make an apply fail")
  func onlookers() async throws {
    try place.write("", to: ".mcpauth/servers/run.lock")
    let folder = try #require(try FolderPath(base: place.path, below: [".mcpauth", "servers"]).open(disk: .real))
    let looking = try folder.file("run.lock", O_RDONLY)
    #expect(try looking.lock(exclusive: false))
    guard case .again = try RunLock.attempt(in: folder, as: Sample.holder) else {
      Issue.record("not to be tried again")
      return
    }
    looking.unlock()
    #expect(taken(try RunLock.attempt(in: folder, as: Sample.holder)))
  }

  @Test("Reliability#One-run-at-a-time: a lock on a file that was deleted with the work tree is ignored")
  func cleanedWorkTree() async throws {
    let first = try FileStateStore(inventoryPath: place("servers.yaml"))
    try await first.acquire(Sample.holder, timeout: 0)
    try FileManager.default.removeItem(atPath: place(".mcpauth"))
    let second = try FileStateStore(inventoryPath: place("servers.yaml"))
    try await second.acquire(Sample.holder, timeout: 0)
    try await second.append([.unknown(intent: "second")], lineage: "abc")
    let calls: [@Sendable () async throws -> Void] = [
      { try await first.append([.unknown(intent: "first")], lineage: "abc") },
      { try await first.writeLock([], lineage: "abc") }, { try await first.emptyJournal(keeping: [], lineage: "abc") },
      { try await first.prove() },
    ]
    for call in calls { #expect(try await diagnostic { try await call() }.code == .storeFailed) }
    await first.release()
    #expect(try await second.readJournal().events == [.unknown(intent: "second")])
    #expect(try await first.isHeld())
  }

  @Test("SecretStores#Records: the text in another run's lock file is made printable")
  func hostileHolder() async throws {
    let first = try FileStateStore(inventoryPath: place("servers.yaml"))
    try await first.acquire(
      RunHolder(pid: 1, host: "a\n::error::", user: "\u{1B}[31m", command: "x\u{202E}y", since: Sample.time), timeout: 0
    )
    let second = try FileStateStore(inventoryPath: place("servers.yaml"))
    let refusal = try await diagnostic { try await second.acquire(Sample.holder, timeout: 0) }
    #expect(!refusal.message.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
  }

  @Test("Reliability#One-run-at-a-time: a process that was started during the run does not keep the lock")
  func closeOnExec() async throws {
    let store = try FileStateStore(inventoryPath: place("servers.yaml"))
    try await store.acquire(Sample.holder, timeout: 0)
    let folder = try #require(try FolderPath(base: place.path, below: [".mcpauth", "servers"]).open(disk: .real))
    let descriptor = try folder.file("run.lock", O_RDWR)
    #expect(fcntl(descriptor.raw, F_GETFD) & FD_CLOEXEC != 0)
    #expect(fcntl(folder.descriptor.raw, F_GETFD) & FD_CLOEXEC != 0)
  }
}
