import Basics
import KubeAPI
import SimulationKernel

/// Questions about more than one object: a server that is skipped, two pods for one, what a restore
/// took away.
extension Inquiry {
  func backend(_ host: String) -> Explanation {
    let server = world.host(named: host).flatMap { world.process(.apiServer, on: $0.id) }
    let isUp = world.loadBalancer.backends.first { $0.server == server?.id }?.isUp ?? false
    let words = "load balancer: kube-apiserver on \(host) is "
    return explain(
      newest { $0.record.note.message.hasPrefix(words) },
      "why does the load balancer \(isUp ? "send to" : "skip") kube-apiserver on \(host)?")
  }

  /// The copy is there because of a decision; the first one is still there because nobody could
  /// confirm its end.
  func copies(of object: ObjectReference) -> Explanation {
    let pods = world.objects(.pod).compactMap(\.pod)
    let question = "why are there two of \(object.text)?"
    guard let pod = pods.first(where: { $0.key == object.key }) else {
      return nothing(question, "there is no such pod")
    }
    let siblings = pods.filter {
      $0.metadata.uid != pod.metadata.uid && pod.metadata.controller != nil
        && $0.metadata.controller?.uid == pod.metadata.controller?.uid
    }
    // Asked of either: the one that leaves, and the first that was made after that.
    let isLeaving = pod.metadata.deletionTimestamp != nil
    let made = evidence.lastWriter(object, "metadata.uid")?.record.note.revision ?? 0
    let old =
      isLeaving
      ? pod
      : siblings.filter { other in
        other.metadata.deletionTimestamp != nil && deletion(of: other) ?? .max < made
      }.max { deletion(of: $0) ?? 0 < deletion(of: $1) ?? 0 }
    guard let old, let left = deletion(of: old) else {
      return nothing(
        question,
        "there are not: none of its kind is on its way out; \(siblings.count) others "
          + "are wanted beside it")
    }
    let replacements = (isLeaving ? siblings : [pod]).compactMap { pod in
      evidence.lastWriter(pod.reference, "metadata.uid").map { (pod, $0) }
    }.filter { $0.1.record.note.revision > left }
    guard let (fresh, entry) = replacements.min(by: { $0.1.id < $1.1.id }) else {
      return nothing(question, "there are not: nothing was made in its place so far")
    }
    var answer = explain(
      entry,
      "why are there two: \(old.key.text) on \(old.spec.nodeName) and \(fresh.key.name) on "
        + "\(fresh.spec.nodeName.isEmpty ? "no node" : fresh.spec.nodeName)?")
    if let deletion = evidence.lastWriter(old.reference, "metadata.deletionTimestamp") {
      var steps = answer.steps
      steps.insert(
        Explanation.Step(
          record: deletion.id, at: deletion.at, who: who(deletion),
          words: "\(old.key.name) is to go, and \(stay(of: old))", edge: .read, role: .necessary,
          basis: deletion.record.note.basis, deed: nil, isRoot: false), at: 1)
      answer = Explanation(question: answer.question, steps: steps, gap: answer.gap)
    }
    return answer
  }

  /// The revision at which a pod's deletion was asked for.
  private func deletion(of pod: Pod) -> Int64? {
    evidence.lastWriter(pod.reference, "metadata.deletionTimestamp")?.record.note.revision
  }

  /// Why a pod on its way out is still listed, and what is true of it.
  private func stay(of pod: Pod) -> String {
    guard let host = world.host(named: pod.spec.nodeName),
      let kubelet = world.process(.kubelet, on: host.id)
    else { return "its node is no machine of ours" }
    if !host.isPowered {
      return "its containers ended with the power of \(host.name); no kubelet can say so"
    }
    if !kubelet.isRunning {
      return "its containers may still run: kubelet@\(host.name) does not, and cannot say"
    }
    let server = world.processes.first { $0.role == .apiServer && world.isOpen($0.host, host.id) }
    if server == nil || !world.isOpen(host.id, 0) {
      return "its containers still run: kubelet@\(host.name) has not heard of it"
    }
    return "its containers have their grace of \(pod.metadata.deletionGracePeriodSeconds ?? 30)s"
  }

  /// The restore is the root; what it left out are writes after the snapshot.
  func restore() -> Explanation {
    guard let report = world.restores.last, let root = evidence[report.record] else {
      return nothing(
        "what did the restore leave out?",
        world.restores.isEmpty ? "nobody has restored a snapshot" : "the trace no longer holds it")
    }
    let question =
      "what did the restore leave out? \(report.losses.count) objects; revisions "
      + "\(report.snapshotRevision + 1) to \(report.revisionBefore)"
    // The same revisions were counted again since: only what came before the restore is meant.
    var steps: [Explanation.Step] = []
    for loss in report.losses where loss.revision > 0 && steps.count < 4 {
      let write = evidence.newest(before: report.record) {
        $0.record.note.kind == .write && $0.record.note.revision == loss.revision
          && $0.record.note.subject == loss.object
      }
      guard let write else { continue }
      steps.append(
        Explanation.Step(
          record: write.id, at: write.at, who: who(write), words: loss.text,
          edge: steps.isEmpty ? .effect : .read, role: .context, basis: nil, deed: nil,
          isRoot: false))
    }
    steps.append(step(root, steps.isEmpty ? .effect : .user, isRoot: true))
    return Explanation(question: question, steps: steps, gap: nil)
  }
}
