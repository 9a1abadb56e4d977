import Basics
import Engine
import Foundation
import KubeAPI
import Kubectl
import Testing

/// A booted world that every test takes its copy of, and kubectl typed at it.
struct Shell {
  var world: World

  /// One master, two workers, and a deployment `web` of three replicas, rolled out.
  static func withWeb() throws -> Shell { Shell(world: try #require(booted)) }

  private init(world: World) { self.world = world }

  private static let booted: World? = {
    var world = World(ClusterSpec(masters: 1, workers: 2, seed: 7))
    world.powerOn()
    guard world.converge(deadline: world.now + .minutes(5)) else { return nil }
    var shell = Shell(world: world)
    guard shell.run("create deployment web --image=nginx:1.27 --replicas=3").code == 0,
      shell.world.converge(deadline: shell.world.now + .minutes(5))
    else { return nil }
    return shell.world
  }()

  /// Runs a line to its end: what it printed on either side, and how it ended (nil: not in time).
  mutating func run(
    _ line: String, for span: Span = .minutes(20)
  ) -> (out: String, error: String, code: Int32?) {
    var invocation = KubectlInvocation(line: line)
    world.run(&invocation, for: span)
    return (invocation.output, invocation.errorOutput, invocation.exitCode)
  }

  /// The output of a line that must work.
  @discardableResult
  mutating func ok(_ line: String, _ place: SourceLocation = #_sourceLocation) -> String {
    let (out, error, code) = run(line)
    #expect(code == 0, "\(line): \(out)\(error)", sourceLocation: place)
    return out
  }

  /// What a line that must fail says.
  mutating func refusal(_ line: String, _ place: SourceLocation = #_sourceLocation) -> String {
    let (_, error, code) = run(line)
    #expect(code == 1, "\(line)", sourceLocation: place)
    return error
  }

  /// A line that must fail, saying `text` and nothing else, in a world of its own.
  static func expectRefusal(
    _ line: String, _ text: String, _ place: SourceLocation = #_sourceLocation
  ) throws {
    var shell = try withWeb()
    #expect(shell.refusal(line, place) == text, "\(line)", sourceLocation: place)
  }

  /// Lets time pass.
  mutating func wait(_ span: Span) { world.advance(to: world.now + span) }

  func deployment(_ name: String) -> Deployment? {
    world.object(.deployment, ObjectKey(namespace: "default", name: name))?.deployment
  }

  func service(_ name: String) -> Service? {
    world.object(.service, ObjectKey(namespace: "default", name: name))?.service
  }

  func pod(_ name: String) -> Pod? {
    world.object(.pod, ObjectKey(namespace: "default", name: name))?.pod
  }
}

/// A file that is gone after the test.
final class TemporaryFile {
  let path: String

  init(_ name: String, _ text: String) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("orrery-kubectl-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let url = folder.appendingPathComponent(name)
    try text.write(to: url, atomically: true, encoding: .utf8)
    path = url.path
  }

  deinit {
    try? FileManager.default.removeItem(
      at: URL(fileURLWithPath: path).deletingLastPathComponent())
  }
}
