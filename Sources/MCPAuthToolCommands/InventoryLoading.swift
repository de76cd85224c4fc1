import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

/// Reads inventories for the commands.
enum InventoryLoading {
  /// A larger file is refused (InventoryReference#Limits).
  static let limit = 16 << 20

  struct Loaded: Sendable {
    var inventory: Inventory
    var source: SourceText
    var bytes: [UInt8]
  }

  /// The inventory cannot be used: its check found a mistake.
  struct Refusal: Error, Sendable {
    var check: InventoryCheck
  }

  static func load(_ file: String, in context: ToolContext) throws(Refusal) -> Loaded {
    let bytes: [UInt8]
    do throws(BoundedFile.Problem) {
      bytes = try context.readFile(file, limit)
    } catch {
      let problem = unreadable(file, error, in: context)
      throw Refusal(check: InventoryCheck(source: .none(file), diagnostics: [problem], serverCount: nil))
    }
    let source = SourceText(file: file, bytes: bytes)
    do throws(Diagnostic) {
      try context.checkPlace(file)
    } catch {
      throw Refusal(check: InventoryCheck(source: source, diagnostics: [error], serverCount: nil))
    }
    switch context.readInventory(bytes, file, context.variables) {
    case .success(let inventory):
      let mistakes = context.checkFiles(inventory, context.environment)
      guard mistakes.isEmpty else {
        throw Refusal(
          check: InventoryCheck(source: source, diagnostics: inventory.warnings + mistakes, serverCount: nil))
      }
      return Loaded(inventory: inventory, source: source, bytes: bytes)
    case .failure(let mistakes):
      throw Refusal(check: InventoryCheck(source: source, diagnostics: mistakes.diagnostics, serverCount: nil))
    }
  }

  static func check(_ file: String, in context: ToolContext) -> InventoryCheck {
    do throws(Refusal) {
      let loaded = try load(file, in: context)
      return InventoryCheck(
        source: loaded.source, diagnostics: loaded.inventory.warnings, serverCount: loaded.inventory.servers.count)
    } catch {
      return error.check
    }
  }

  static func empty(_ file: String) -> Diagnostic {
    Diagnostic(
      .error, .inventoryUnreadable, "'\(Printable.line(file))' is empty",
      help: ["name only inventories, or an inventory and its saved plan; nothing was done"])
  }

  static func unreadable(_ file: String, _ problem: BoundedFile.Problem, in context: ToolContext) -> Diagnostic {
    let shown = Printable.line(file)
    switch problem {
    case .tooLarge:
      return Diagnostic(
        .error, .inventoryTooLarge, "'\(shown)' is over 16 MiB", help: ["split it into several inventories"])
    case .missing:
      return Diagnostic(
        .error, .inventoryUnreadable, "'\(shown)' cannot be read: \(problem.reason)",
        help: helpForMissing(file, in: context))
    case .isFolder, .notAFile, .unreadable:
      return Diagnostic(
        .error, .inventoryUnreadable, "'\(shown)' cannot be read: \(problem.reason)",
        help: ["name the inventory's file with -f FILE"])
    }
  }

  private static func helpForMissing(_ file: String, in context: ToolContext) -> [String] {
    let standard = Inventory.defaultFile
    if file != standard, context.serverNames(standard, context.variables).contains(file) {
      return ["'\(Printable.line(file))' is a server in \(standard), and the argument is an inventory: use --only"]
    }
    return [
      "name the inventory with -f FILE", "or start one in this folder: mcpauth init", "or write one:\n" + starter,
    ]
  }

  private static let starter = """
    version: 1
    client:
      name: Acme Coder
      redirect_uris: ["https://coder.acme.dev/mcp/{server}/callback"]
    servers:
      linear:
        url: https://mcp.linear.app/mcp
    """
}

extension InventorySelection {
  init(_ context: ToolContext) {
    self.init(list: context.listFolder) { file in
      guard let bytes = try? context.readFile(file, InventoryLoading.limit) else { return true }
      return Self.looksLikeInventory(bytes)
    }
  }
}
