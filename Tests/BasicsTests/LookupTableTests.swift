import Basics
import Testing

@Suite struct LookupTableTests {
  @Test func aValueIsChangedInPlaceAndACopyIsNot() {
    var table = LookupTable<Int, [Int]>()
    table[1] = [1]
    let copy = table
    let isThere = table.modify(1) { $0.append(2) }
    #expect(isThere)
    #expect(table[1] == [1, 2])
    #expect(copy[1] == [1])
    let isAbsent = !table.modify(2) { $0.append(3) }
    #expect(isAbsent)
    #expect(table.count == 1)
  }
}
