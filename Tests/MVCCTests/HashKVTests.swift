import Basics
import MVCC
import Testing

/// The hashes real etcd computes for the same histories (server/storage/mvcc/hash_test.go).
@Suite struct HashKVTests {
  /// Keys that repeat without alignment, as etcd's test picks them.
  private func key(_ i: Int) -> Key {
    if i % 142 == 30 { return "zenek" }
    if i % 71 == 30 { return "xavery" }
    return ["alice", "bob", "celine", "dominik", "eve", "frederica", "gorge"][i % 7]
  }

  private func put(_ store: inout Store, from: Int, count: Int) throws {
    for i in from...(from + count) {
      _ = try store.put(PutRequest(key: key(i), value: Blob(String(i))))
    }
  }

  private func hashes(atTheEnd: Bool) throws -> [HashKV] {
    var store = Store()
    var found: [HashKV] = []
    func hash(_ store: inout Store, _ revision: Int) throws {
      let hash = try store.hashKV(revision: atTheEnd ? 0 : Int64(revision))
      found.append(hash)
      try store.compact(hash.revision)
    }
    var revision = 0
    while revision < 1210 {
      try put(&store, from: revision, count: 71)
      try hash(&store, revision + 35)
      revision += 71
    }
    try put(&store, from: revision, count: 1210)
    try hash(&store, revision + 605)
    return found
  }

  @Test func hashesOfAPastRevision() throws {
    let found = try hashes(atTheEnd: false)
    #expect(
      found.map(\.hash) == [
        4_082_599_214, 2_279_933_401, 3_284_231_217, 126_286_495, 900_108_730, 2_475_485_232,
        1_226_296_507, 2_503_661_030, 4_155_130_747, 106_915_399, 406_914_006, 1_882_211_381,
        806_177_088, 664_311_366, 1_496_914_449, 2_434_525_091, 3_988_652_253, 1_122_462_288,
        724_436_716,
      ])
    #expect(found.map(\.revision).prefix(3) == [35, 106, 177])
    #expect(found.map(\.compactRevision).prefix(3) == [-1, 35, 106])
  }

  @Test func hashesOfTheNewestRevision() throws {
    let found = try hashes(atTheEnd: true)
    #expect(
      found.map(\.hash) == [
        1_913_897_190, 224_860_069, 1_565_167_519, 1_566_261_620, 2_037_173_024, 691_659_396,
        2_713_730_748, 3_919_322_507, 769_967_540, 2_909_194_793, 1_576_921_157, 4_067_701_532,
        2_226_384_237, 2_923_408_134, 2_680_329_256, 1_546_717_673, 2_713_657_846, 1_046_575_299,
        2_017_735_779,
      ])
    #expect(found.last?.revision == 2508)
  }

  @Test func refusesRevisionsItCannotHash() throws {
    var store = Store()
    try put(&store, from: 0, count: 9)
    try store.compact(5)
    #expect(throws: EtcdError.compacted) { try store.hashKV(revision: 4) }
    #expect(throws: EtcdError.futureRevision) { try store.hashKV(revision: 12) }
    #expect(try store.hashKV(revision: 11).revision == 11)
  }
}
