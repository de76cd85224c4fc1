import MCPAuthCore
import Synchronization
import Testing

@testable import MCPAuthToolCommands
@testable import MCPAuthToolInput
@testable import MCPAuthToolOutput

@Suite struct OutputTests {
  @Test("SecretStores#Redaction: both streams are redacted")
  func bothStreams() {
    let world = ToolWorld()
    let output = world.context.output
    output.redactor.learn(Secret("hunter2hunter2"))
    output.text("a hunter2hunter2\n")
    output.text("b hunter2hunter2\n", to: .error)
    #expect(world.printed == .init(standard: "a <redacted>\n", error: "b <redacted>\n"))
  }

  @Test("a closed pipe ends the output silently: nothing more is written, and the run has not succeeded")
  func closedPipe() async {
    let calls = Mutex<[Output.Stream]>([])
    let output = Output { stream, _ throws(Output.Failure) in
      calls.withLock { $0.append(stream) }
      if stream == .standard { throw .closed }
    }
    output.text("one\n")
    output.text("two\n")
    #expect(calls.withLock { $0 } == [.standard])
    #expect(output.hasLostResults)
    var context = ToolWorld(reconciler: FakeReconciler(Samples.quietPlan)).context
    context.output = output
    #expect(await MCPAuthCommand.run(["plan"], in: context) == .failed)
  }

  @Test("PlanAndApply#Messages: no progress is drawn into a question, and it is drawn again after the answer")
  func question() async {
    let world = ToolWorld(answer: "yes", terminal: Terminal(isInput: true, isError: true))
    let context = world.context
    context.output.text("continue? ", to: .error)
    context.output.status(["applying: 0 of 1 done"])
    #expect(world.printed.error == "continue? ")
    #expect(await context.confirms("apply these changes?"))
    context.output.status(["applying: 0 of 1 done"])
    #expect(world.printed.error.hasSuffix("only 'yes' is accepted: applying: 0 of 1 done\n"))
    let unanswered = ToolWorld(terminal: Terminal(isInput: true, isError: true))
    var other = unanswered.context
    other.readAnswer = { nil }
    #expect(await other.ask("continue? ") == nil)
    other.output.status(["x"])
    #expect(unanswered.printed.error == "continue? \nx\n")
  }

  @Test("a full disk is named on standard error")
  func fullDisk() {
    let errors = Mutex("")
    let output = Output { stream, bytes throws(Output.Failure) in
      if stream == .standard { throw .failed("no space left on device") }
      errors.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
    }
    output.text("one\n")
    #expect(errors.withLock { $0 } == "error: cannot write to standard output: no space left on device\n")
  }
}
