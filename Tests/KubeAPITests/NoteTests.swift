import KubeAPI
import Testing

@Suite struct NoteTests {
  @Test func aWriteIsPutIntoWords() {
    let pod = ObjectReference(.pod, ObjectKey(namespace: "default", name: "web-1"))
    var note = Note(
      wrote: pod, deed: "bound to worker-1", revision: 812, subresource: .binding,
      user: "system:kube-scheduler")
    #expect(
      note.message
        == "bound to worker-1 pod default/web-1 at revision 812 for system:kube-scheduler")
    #expect(note.kind == .write && note.revision == 812)
    note.message = "changed"
    #expect(note.message == "changed")
    let node = ObjectReference(.node, ObjectKey(name: "worker-1"))
    let nobody = Note(wrote: node, deed: "created", revision: 3, subresource: nil, user: "")
    #expect(nobody.message == "created node worker-1 at revision 3 for system:anonymous")
  }
}
