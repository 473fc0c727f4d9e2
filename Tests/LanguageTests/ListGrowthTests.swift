import Testing

@testable import Language

/// Lists that share an array with the lists that were made by appending to them.
@Suite struct ListGrowthTests {
  private func numbers(_ list: ListBox) -> [Double] { list.content.map { $0.asNumber() ?? .nan } }

  /// Whatever is appended to, written to, read or forgotten, and in whatever order: each list holds
  /// what it should, as if all were copies.
  @Test(arguments: 0..<200) func sharedListsStayApart(seed: Int) throws {
    var state = UInt64(seed &* 2_654_435_761 &+ 1)
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    var lists: [(box: ListBox, expected: [Double])] = [(ListBox([]), [])]
    for step in 0..<60 {
      let place = random(lists.count)
      let value = Double(step)
      switch random(6) {
      case 0, 1:
        let grown = try lists[place].box.appending([.number(value)])
        lists.append((grown, lists[place].expected + [value]))
      case 2:
        try lists[place].box.append([.number(value), .number(-value)])
        lists[place].expected += [value, -value]
      case 3 where !lists[place].expected.isEmpty:
        let index = random(lists[place].expected.count)
        lists[place].box.content[index] = .number(value)
        lists[place].expected[index] = value
      case 4 where lists.count > 1: lists.remove(at: place)
      default: #expect(numbers(lists[place].box) == lists[place].expected)
      }
      #expect(lists.allSatisfy { $0.box.count == $0.expected.count })
    }
    for list in lists { #expect(numbers(list.box) == list.expected) }
  }

  /// As long as lists are only appended to, all share one array, however many there are.
  @Test func appendingCopiesNothing() throws {
    var list = ListBox([])
    var addresses: Set<UnsafeRawPointer?> = []
    for number in 0..<4096 {
      list = try list.appending([.number(Double(number))])
      addresses.insert(list.content.withUnsafeBytes { $0.baseAddress })
    }
    // The array moves only where it outgrows its memory.
    #expect(addresses.count < 32)
  }
}
