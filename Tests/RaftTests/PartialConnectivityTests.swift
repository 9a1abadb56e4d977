import Basics
import Testing

@testable import Raft

/// What partial connectivity does to a group, cell by cell: topologies against the generations of
/// etcd's Raft. The bands are of medians over seeds, around what was measured on etcd's own Raft.
struct PartialConnectivityTests {
  enum Generation: String, CaseIterable {
    /// As in the paper: neither CheckQuorum nor PreVote.
    case paper
    /// etcd up to 3.4: CheckQuorum.
    case etcd34
    /// etcd from 3.5 on: both.
    case etcd35
    /// What nobody should run.
    case preVoteAlone

    var checkQuorum: Bool { self == .etcd34 || self == .etcd35 }
    var preVote: Bool { self == .etcd35 || self == .preVoteAlone }
  }

  /// Medians over seeds, within bands; times without a leader in thousandths, writes in percent.
  struct Cell: Sendable, CustomTestStringConvertible {
    let topology: PartialConnectivity.Topology
    let generation: Generation
    /// How often another member became leader.
    var changes = 0...0
    var leaderless = 0...0
    /// The worst of the seeds.
    var worst = 0...600
    /// By how much the highest term grew.
    var terms = 0...60
    /// Writes at member 1, and at the others on average.
    var first = 0...100
    var others = 0...100
    /// Writes at the best-placed member in the second half-minute.
    var late = 95...100

    var testDescription: String { "\(topology.name), \(generation.rawValue)" }
  }

  /// Nobody notices but member 1.
  private static func steady(
    _ topology: PartialConnectivity.Topology, _ generation: Generation, first: ClosedRange<Int>,
    others: ClosedRange<Int> = 99...100, terms: ClosedRange<Int> = 0...0
  ) -> Cell {
    Cell(
      topology: topology, generation: generation, worst: 0...0, terms: terms, first: first,
      others: others)
  }

  static let cells: [Cell] = [
    // The new leader leaves the old one, which it can't reach, believing in itself.
    Cell(
      topology: .cut, generation: .paper, changes: 1...1, leaderless: 0...10, first: 85...100,
      others: 90...100),
    // Member 1 campaigns in vain, a term every second and a half.
    steady(.cut, .etcd34, first: 0...5, terms: 35...48),
    steady(.cut, .etcd35, first: 0...5),

    Cell(
      topology: .fromLeader, generation: .paper, changes: 1...2, leaderless: 5...120,
      worst: 10...300,
      first: 75...100, others: 85...100),
    steady(.fromLeader, .etcd34, first: 0...5, terms: 35...48),
    steady(.fromLeader, .etcd35, first: 0...5),

    steady(.toLeader, .paper, first: 0...2),
    steady(.toLeader, .etcd34, first: 0...2),
    steady(.toLeader, .etcd35, first: 0...2),

    Cell(
      topology: .flappingLink, generation: .paper, changes: 1...1, leaderless: 0...10,
      first: 90...100, others: 90...100),
    Cell(
      topology: .flappingLink, generation: .etcd34, changes: 0...6, leaderless: 80...350,
      worst: 300...550, first: 20...75, others: 60...92),
    steady(.flappingLink, .etcd35, first: 0...30),

    Cell(
      topology: .flappingNode, generation: .paper, changes: 1...4, leaderless: 50...180,
      first: 0...10, others: 80...95, late: 80...100),
    Cell(
      topology: .flappingNode, generation: .etcd34, changes: 3...6, leaderless: 280...430,
      worst: 350...500, first: 0...10, others: 50...75, late: 45...75),
    steady(.flappingNode, .etcd35, first: 0...20),

    // A second without a heartbeat is rare: some seeds see it, and most don't.
    Cell(
      topology: .lossy, generation: .paper, changes: 0...1, leaderless: 0...20, worst: 0...120,
      others: 95...100),
    Cell(
      topology: .lossy, generation: .etcd34, leaderless: 0...70, worst: 15...300, others: 90...100),
    steady(.lossy, .etcd35, first: 0...60),

    Cell(
      topology: .howardAbraham, generation: .paper, changes: 3...7, leaderless: 200...350,
      terms: 38...52, others: 20...50, late: 30...75),
    // Members 4 and 5 reach one member each: what 4 asks never comes to the leader.
    steady(.howardAbraham, .etcd34, first: 99...100, others: 75...75, terms: 35...48),
    steady(.howardAbraham, .etcd35, first: 99...100, others: 75...75),

    Cell(
      topology: .star, generation: .paper, changes: 1...2, leaderless: 0...60, first: 85...100,
      others: 85...100),
    Cell(
      topology: .star, generation: .etcd34, changes: 1...3, leaderless: 30...160,
      first: 75...98, others: 75...98),
    Cell(
      topology: .star, generation: .etcd35, changes: 1...1, leaderless: 10...35, worst: 15...60,
      terms: 1...2, first: 88...98, others: 88...98),
    // The hub hears from a leader that can commit nothing, and elects no other.
    Cell(
      topology: .star, generation: .preVoteAlone, worst: 0...0, terms: 0...0, first: 0...0,
      others: 0...0, late: 0...0),

    Cell(
      topology: .returning, generation: .paper, changes: 0...2, leaderless: 5...80, first: 35...50,
      others: 90...99, late: 85...100),
    Cell(
      topology: .returning, generation: .etcd34, changes: 0...2, leaderless: 15...100,
      first: 35...50, others: 88...98, late: 80...98),
    steady(.returning, .etcd35, first: 40...52),
  ]

  @Test(arguments: cells) func `A cell of the table holds`(_ cell: Cell) throws {
    var outcomes: [PartialConnectivity.Outcome] = []
    for seed in 1...9 as ClosedRange<UInt64> {
      var run = try PartialConnectivity(
        cell.topology, checkQuorum: cell.generation.checkQuorum, preVote: cell.generation.preVote,
        seed: seed)
      outcomes.append(try run.run())
    }
    func check(
      _ name: String, _ band: ClosedRange<Int>, _ value: (PartialConnectivity.Outcome) -> Int
    ) {
      let values = outcomes.map(value).sorted()
      let median = values[values.count / 2]
      #expect(band.contains(median), "\(name): \(median), of \(values), not in \(band)")
    }
    check("leader changes", cell.changes, \.leaderChanges)
    check("thousandths without a leader", cell.leaderless, \.leaderless)
    check("terms", cell.terms, \.terms)
    check("writes at 1", cell.first) { $0.success[0] }
    check("writes at others", cell.others) {
      $0.success.dropFirst().reduce(0, +) / ($0.success.count - 1)
    }
    check("late writes", cell.late) { $0.lateSuccess.max() ?? 0 }
    let worst = outcomes.map(\.leaderless).max() ?? 0
    #expect(cell.worst.contains(worst), "worst: \(worst) not in \(cell.worst)")
  }

  /// Within 200 seeds a member that returns deposes a leader whom the others hear, where pre-votes
  /// are granted to anybody; where they are not, it never does.
  @Test func `A pre-vote granted to anybody is found`() throws {
    func disturbances(_ seed: UInt64, _ bug: RaftBug?) throws -> Int {
      var run = try PartialConnectivity(
        .returning, checkQuorum: true, preVote: true, seed: seed, bug: bug)
      return try run.run().terms
    }
    let found = try (1...200 as ClosedRange<UInt64>).first {
      try disturbances($0, .grantsEveryPreVote) > 0
    }
    let seed = try #require(found, "grantsEveryPreVote: no seed shows it")
    print("planted grantsEveryPreVote, seed \(seed): a member that returns deposes the leader")
    for same in 1...seed { #expect(try disturbances(same, nil) == 0, "seed \(same)") }
  }
}
