import Foundation
import Testing

/// The programs that sign in, in the inventory that `mcpauth init` writes (GettingStarted#Start-an-inventory).
@Suite struct InitConsumerTests {
  @Test("GettingStarted#Start-an-inventory: on a terminal it asks for the programs that sign in")
  func consumers() async throws {
    let place = try Workplace()
    let wrong = ["claude-code", "libre-chat=https://chat.acme.example", "vscode=1", "codex=0", "vscode vscode"]
    let session = try await Terminal.run(
      place, ["init", "--name", "Acme", "--ci", "none", "--store", "helper", "--helper", "pass"],
      wrong.map { Terminal.Step(wait: "sign in", send: "\($0)\n") } + [
        .init(wait: "sign in", send: "claude-code=33418 vscode librechat=https://chat.acme.example/\n"),
        .init(wait: "other redirect URIs", send: "\n"),
      ])
    #expect(session.exit == 0 && session.unsent == 0, "\(session.shown)")
    for words in ["needs the port", "did you mean 'librechat'?", "takes neither", "from 1 to 65535", "given twice"] {
      #expect(session.shown.contains(words), "\(session.shown)")
    }
    try await expectConsumers(place)
    #expect(!session.shown.contains("check client"), "\(session.shown)")
  }

  @Test("GettingStarted#Start-an-inventory: --consumer names the programs that sign in")
  func consumerFlags() async throws {
    let place = try Workplace()
    let flags = [
      "--consumer", "claude-code=33418", "--consumer", "vscode", "--consumer", "librechat=https://chat.acme.example/",
    ]
    let run = try await place.run(["init", "--name", "Acme"] + flags)
    #expect(run.exit == 0 && !run.out.contains("check client"), "\(run.all)")
    try await expectConsumers(place)
    // An inventory that exists agrees, or not.
    #expect(try await place.run(["init"] + flags).exit == 0)
    let other = try await place.run("init", "--consumer", "codex=33419")
    #expect(other.exit == 1 && other.err.contains("its client.consumers is not what --consumer says"), "\(other.all)")
  }

  private func expectConsumers(_ place: Workplace) async throws {
    let inventory = try place.read("servers.yaml")
    let lines = "  consumers:\n    claude-code: {callback_port: 33418}\n    vscode: {}\n    librechat: {url: "
    #expect(inventory.contains(lines) && !inventory.contains("redirect_uris"), "\(inventory)")
    #expect(try await place.run("validate").all == "servers.yaml: valid, 0 servers\n")
  }
}
