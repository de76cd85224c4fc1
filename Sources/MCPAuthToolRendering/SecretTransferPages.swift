package import MCPAuthCore
package import MCPAuthPlan
package import MCPAuthReconciler
import MCPAuthToolOutput

/// `mcpauth secrets rekey`.
package struct SecretRekeyPage: Presentable {
  let inventory: String
  let rekeying: SecretRekeyResult

  package init(inventory: String, rekeying: SecretRekeyResult) {
    self.inventory = inventory
    self.rekeying = rekeying
  }

  package var notes: [Diagnostic] {
    var notes = rekeying.problems
    if rekeying.notBegun > 0 {
      notes.append(
        Diagnostic(
          .error, .interrupted, "a signal ended the run: \(rekeying.notBegun) secrets are unchanged",
          help: ["run it again"]))
    }
    if !rekeying.canReadOwn, rekeying.total > 0 {
      notes.append(
        .warning(
          .secretUnreadable,
          rekeying.isWritten
            ? "the secrets are encrypted to other identities now: the identity here can no longer read them"
            : "the identity here belongs to none of the recipients",
          help: ["check it with an identity of the new recipients: mcpauth secrets check"]))
    }
    return notes
  }

  package func text(_ settings: ReportSettings) -> String {
    let recipients = "\(rekeying.recipients) recipient\(rekeying.recipients == 1 ? "" : "s")"
    let unread = rekeying.problems.isEmpty ? "" : settings.style(", \(rekeying.problems.count) could not be", .boldRed)
    guard rekeying.isWritten else {
      return "rekey: \(rekeying.differed + rekeying.alike) can be encrypted again to \(recipients)\(unread); "
        + "\(rekeying.differed) certainly had other recipients\n"
    }
    return "rekey: \(rekeying.differed + rekeying.alike) encrypted again to \(recipients)\(unread); "
      + "\(rekeying.differed) certainly had other recipients\n"
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory), "written": .bool(rekeying.isWritten),
      "recipients": Documents.number(rekeying.recipients),
      "summary": [
        "encrypted": Documents.number(rekeying.isWritten ? rekeying.differed + rekeying.alike : 0),
        "surely_for_others": Documents.number(rekeying.differed), "maybe_alike": Documents.number(rekeying.alike),
        "failed": Documents.number(rekeying.problems.count), "not_begun": Documents.number(rekeying.notBegun),
      ],
      "diagnostics": Documents.diagnostics(notes),
    ]
  }
}

/// `mcpauth secrets move`.
package struct SecretMovePage: Presentable {
  let inventory: String
  let moving: SecretMoveResult
  /// The text to write in the inventory; nil when it is already there.
  let block: String?
  /// The command that removes from the old store what stays there; nil if nothing stays, or if this was asked for.
  let removal: String?

  /// - Parameters:
  ///   - old: the old store.
  ///   - new: the new store; nil if the inventory already names it.
  package init(inventory: String, moving: SecretMoveResult, old: SecretsSettings, new: SecretsSettings?) {
    self.inventory = inventory
    self.moving = moving
    block = new.map(Self.block)
    removal = moving.removes || moving.staying == 0 ? nil : Self.removal(old, inventory)
  }

  package var notes: [Diagnostic] { moving.warnings + moving.left + moving.problems }

  package func text(_ settings: ReportSettings) -> String {
    guard moving.problems.isEmpty else {
      return settings.style("move: not done", .boldRed) + ": the \(moving.source) store is still needed\n"
    }
    var text = ""
    if moving.total == 0 {
      text = "move: the \(moving.source) store is empty\n"
    } else {
      let before = moving.alreadyThere > 0 ? " (\(moving.alreadyThere) were already there)" : ""
      text =
        "\(moving.removes ? "moved" : "copied") to the \(moving.target) store: \(moving.records) records, \(moving.orphans) of orphans, \(moving.stored) stored\(before)\n"
    }
    if let block {
      let meanwhile =
        moving.removes ? "the secrets count as missing" : "the \(moving.source) store stays in use"
      text += "now write this in \(Printable.line(inventory)); until then \(meanwhile):\n  \(Printable.line(block))\n"
    }
    if let removal {
      let stay = moving.staying == 1 ? "1 stays" : "\(moving.staying) stay"
      text +=
        "\(stay) in the \(moving.source) store, for branches whose inventory names it; when no branch does, remove them there:\n  \(Printable.line(removal))\n"
    }
    return text
  }

  /// The command for the time when the inventory names the new store. It names the inventory unless it is the default one.
  private static func removal(_ old: SecretsSettings, _ inventory: String) -> String {
    var words = ["mcpauth secrets move --from \(old.store.rawValue)"]
    if let helper = old.helper { words.append("--helper \(PastedText.shell(helper))") }
    for word in old.command { words.append("--command \(PastedText.shell(word))") }
    if let path = old.path { words.append("--path \(PastedText.shell(path))") }
    if let kv2 = old.kv2 {
      words.append("--address \(PastedText.shell(kv2.address.text))")
      // The server takes a namespace as the beginning of the path too.
      let mount = [kv2.namespace, kv2.mount].compactMap { $0 }.joined(separator: "/")
      if mount != KV2Settings.defaultMount { words.append("--mount \(PastedText.shell(mount))") }
      words.append("--path \(PastedText.shell(kv2.path))")
    }
    words.append("--remove")
    if inventory != Inventory.defaultFile { words.append("-f \(PastedText.shell(inventory))") }
    return words.joined(separator: " ")
  }

  /// `secrets: {store: age, recipients: [age1…]}`
  package static func block(_ settings: SecretsSettings) -> String {
    var members = ["store: \(settings.store.rawValue)"]
    if !settings.recipients.isEmpty { members.append("recipients: [\(settings.recipients.joined(separator: ", "))]") }
    if let helper = settings.helper { members.append("helper: \(helper)") }
    if !settings.command.isEmpty {
      members.append("command: [\(settings.command.map(PastedText.yaml).joined(separator: ", "))]")
    }
    if let path = settings.path { members.append("path: " + PastedText.yaml(path)) }
    if let kv2 = settings.kv2 {
      members.append("address: " + PastedText.yaml(kv2.address.text))
      if kv2.mount != KV2Settings.defaultMount { members.append("mount: " + PastedText.yaml(kv2.mount)) }
      members.append("path: " + PastedText.yaml(kv2.path))
      if case .env(let name) = kv2.auth.credential { members.append("auth: {token: {env: \(name)}}") }
    }
    return "secrets: {\(members.joined(separator: ", "))}"
  }

  package var document: JSONObject {
    [
      "inventory": .string(inventory), "moved": ["from": .string(moving.source), "to": .string(moving.target)],
      "done": .bool(moving.problems.isEmpty), "block": .string(or: block), "removed": .bool(moving.removes),
      "remove_with": .string(or: removal),
      "summary": [
        "records": Documents.number(moving.records), "orphans": Documents.number(moving.orphans),
        "stored": Documents.number(moving.stored), "already_there": Documents.number(moving.alreadyThere),
        "stay": Documents.number(moving.staying),
      ],
      "diagnostics": Documents.diagnostics(notes),
    ]
  }
}
