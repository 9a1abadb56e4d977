import Basics
import Engine
import KubeAPI
import Testing

@testable import Dashboard

/// Questions as a person asks them: by words, and by `w` on what is selected.
@Suite struct WhyStoryTests {
  @Test("`:why` asks any question by words, each is answered in a sheet")
  func words() {
    var desk = Desk(width: 120, height: 40)
    for (line, question) in [
      ("nothing", "why does nothing happen?"), ("writes", "why are writes not carried out?"),
      ("request", "every request has had its answer"),
      ("lb", "why does the load balancer send nothing to kube-apiserver on master-1?"),
      ("leader etcd", "why does this etcd lead?"),
      ("drain worker-2", "why is node worker-2 not drained?"),
      ("rollout web", "why is the rollout of deployment default/web not done?"),
      ("endpoints web", "why has service default/web no endpoint?"),
      ("controller deployment-controller", "why does deployment-controller do nothing?"),
      ("restore", "nobody has restored a snapshot"),
      ("event node/worker-2", "why is there no Event about node/worker-2?"),
      ("deploy/web", "why deployment/default/web"), ("tuesday", "What can be asked"),
      ("node/worker-2 spec.podCIDR", "spec.podCIDR = 10.244."),
      ("node/worker-2", "status.conditions[Ready].status = True?"),
    ] {
      desk.press(":")
      desk.type("why " + line)
      desk.press("enter")
      #expect(desk.text.contains(question), "\(line)")
      desk.press("esc")
    }
    desk.press(":")
    desk.type("why pod/nobody")
    desk.press("enter")
    #expect(desk.text.contains("no pod \"nobody\""))
    let words = desk.state.whyCandidates(after: ["why"])
    #expect(words.contains("event") && words.contains("node/worker-2"), "\(words)")
  }

  /// The text of a sheet.
  private func text(_ lines: [SheetLine]) -> String {
    lines.map { $0.ink.map(\.text).joined() }.joined(separator: "\n")
  }

  @Test("the load balancer, the cloud and controllers have details of their own")
  func outsiders() throws {
    var desk = Desk(width: 120, height: 40)
    let balancer = text(desk.state.detailLines(of: .host("lb-1")))
    #expect(balancer.contains("In turn       3 of 3"))
    #expect(balancer.contains("master-2    UP    passed"))
    let cloud = text(desk.state.detailLines(of: .host("cloud")))
    #expect(cloud.contains("Instances (8)") && cloud.contains("running"))
    #expect(cloud.contains("Load balancers (0)"))
    #expect(cloud.contains("to worker-5"))
    let controller = text(
      desk.state.detailLines(
        of: .controller(process: "kube-controller-manager", name: "replicaset-controller")))
    #expect(controller.contains("Last decision") && controller.contains("created pod"))
    #expect(controller.contains("replicasets"))

    // An API server is stopped: it is skipped, and w on the balancer asks why.
    desk.loop.edit { state in
      state.give(.fail(Fault(.process(host: "master-1", name: "kube-apiserver"))), said: "")
      state.timeline.advance(to: state.timeline.now + .seconds(12))
      state.refresh()
    }
    desk.frame()
    #expect(text(desk.state.detailLines(of: .host("lb-1"))).contains("master-1    DOWN  fails"))
    let why = text(desk.state.whyAnswer(about: .host("lb-1")))
    #expect(why.contains("why does the load balancer skip kube-apiserver on master-1?"))
    #expect(why.contains("FAULT kube-apiserver on master-1 is stopped"))
    #expect(why.contains("Would it be so without that?"))
    #expect(
      text(desk.state.whyAnswer(about: .control(.apiServer, host: "master-1"))).contains(
        "missing: kube-apiserver accepts connections there"))
  }

  @Test("two causes that would each have done are left out together")
  func both() throws {
    var desk = Desk(width: 120, height: 40)
    desk.loop.edit { state in
      state.give(.fail(Fault(.host("worker-2"), .cut)), said: "")
      state.give(.fail(Fault(.process(host: "worker-2", name: "kubelet"))), said: "")
      state.timeline.advance(to: state.timeline.now + .seconds(70))
      state.refresh()
    }
    desk.press("j w j j j enter")
    #expect(desk.text.contains("but-for: no"))
    #expect(desk.text.contains("All 2 left out:"))
    #expect(desk.text.contains("but-for: yes (checked: True without the 2 of them)"))
  }
}
