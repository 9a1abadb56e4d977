/// The requirements of a goal, put down one after another as they are looked at: the first that is
/// not met is mostly where the answer is given.
struct RequirementChain {
  let question: String
  private var requirements: [WhyNot.Requirement] = []

  init(_ question: String) { self.question = question }

  /// - Parameter details: a line each, of what speaks for or against it.
  mutating func require(_ words: String, _ isMet: Bool, _ details: [String] = []) {
    requirements.append(WhyNot.Requirement(words, isMet, details))
  }

  func answer(_ waiter: WhyNot.Waiter?) -> WhyNot {
    WhyNot(question: question, requirements: requirements, waiter: waiter)
  }
}

extension WhyNot.Requirement {
  init(_ words: String, _ isMet: Bool, _ details: [String] = []) {
    self.init(words: words, isMet: isMet, details: details)
  }
}
