import Basics
import Engine
import KubeAPI
import Testing

/// Every question of the list: its answer leads to inputs, faults or starts; every record it cites
/// exists; it fits in six lines; and without the rule that it rests on it is another.
struct QuestionListTests {
  @Test(arguments: ListedQuestion.all)
  func everyAnswerRestsOnARule(_ question: ListedQuestion) throws {
    let world = try question.world(true)
    let asked = try question.ask(world)
    let given = Answer(asked, in: world)
    try given.check(in: world, Comment(rawValue: question.name))
    #expect(given.reasons.contains(question.mark), "\(given.reasons)")

    let other = try question.world(false)
    let without = Answer(try question.ask(other), in: other)
    #expect(!without.reasons.contains(question.mark), "\(without.reasons)")
  }

  /// An answer in full, however it was asked for.
  struct Answer {
    let why: Explanation?
    let whyNot: WhyNot?

    init(_ asked: ListedQuestion.Asked, in world: World) {
      switch asked {
      case .why(let subject): (why, whyNot) = (world.why(subject), nil)
      case .whyNot(let goal): (why, whyNot) = (nil, world.whyNot(goal))
      }
    }

    /// What it rests on: steps and what is behind them, requirements and who is waited for. The
    /// question's own words are none of it, nor is why the trace can't go on.
    var reasons: String {
      var lines: [String] = []
      for step in why?.steps ?? [] { lines += [step.text] + (step.basis?.lines ?? []) }
      lines += whyNot?.lines(20) ?? []
      return lines.joined(separator: "\n")
    }

    func check(in world: World, _ comment: Comment) throws {
      if let why { try WhyTests.check(why, in: world, comment) }
      guard let whyNot else { return }
      #expect(whyNot.lines().count <= 6, comment)
      #expect(!whyNot.requirements.isEmpty, comment)
      guard let waiter = whyNot.waiter else { return }
      if let deed = waiter.suppressor {
        #expect(world.trace[deed.record]?.record.note.kind == .input, comment)
        #expect(world.deed(of: deed.record) != nil, comment)
      }
      if let due = waiter.earliest { #expect(due >= world.now, comment) }
      if let item = waiter.item {
        #expect(
          world.pending(limit: 5_000, folding: false).contains {
            $0.due == item.due && $0.process == item.process
          }, comment)
      }
    }
  }
}
