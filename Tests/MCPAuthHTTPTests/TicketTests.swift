import MCPAuthCore
import NIOCore
import Testing

@testable import MCPAuthHTTP

@Suite("A ticket is the only witness of what was sent")
struct TicketTests {
  @Test("once taken back unsent, its request cannot go out")
  func withdrawn() {
    let ticket = Ticket(target: "/", rule: nil)
    #expect(ticket.withdraw() == .unsent)
    #expect(!ticket.depart(to: nil))
    #expect(ticket.withdraw() == .unsent)
  }

  @Test("once out, it says so for good, and its request goes out once")
  func spent() {
    let ticket = Ticket(target: "/", rule: nil)
    #expect(ticket.depart(to: nil))
    #expect(!ticket.depart(to: nil))
    #expect(ticket.withdraw() == .sent)
  }

  @Test("protocol 1: the address that the connection has decides")
  func judged() throws {
    let rule = AddressRule(allowPrivate: [], allowance: .none)
    let blocked = Ticket(target: "/", rule: rule)
    #expect(!blocked.depart(to: try SocketAddress(ipAddress: "::ffff:10.0.0.1", port: 443)))
    #expect(
      blocked.withdraw()
        == .blocked(
          reason: "the connection leads to 0:0:0:0:0:ffff:a00:1, a private address, though its name did not"))
    let open = Ticket(target: "/", rule: rule)
    #expect(open.depart(to: try SocketAddress(ipAddress: "93.184.216.34", port: 443)))
  }

  @Test("a connection without an address is not written to where the address matters")
  func noAddress() {
    let ticket = Ticket(target: "/", rule: AddressRule(allowPrivate: [], allowance: .none))
    #expect(!ticket.depart(to: nil))
    #expect(ticket.withdraw() == .unsent)
  }

  @Test("the desk finds a ticket until it is retired")
  func desk() {
    let desk = TicketDesk()
    let first = desk.issue(Ticket(target: "/1", rule: nil))
    let second = desk.issue(Ticket(target: "/2", rule: nil))
    #expect(desk.find(first)?.target == "/1")
    desk.retire(first)
    #expect(desk.find(first) == nil)
    #expect(desk.find(second)?.target == "/2")
  }
}
