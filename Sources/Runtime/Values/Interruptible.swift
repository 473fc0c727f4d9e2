import Tensors

/// What a function gives for 0 ..< count, with a look for Ctrl-C every 65 536 times.
func interruptibleList<Element>(
  count: Int, _ element: (Int) throws -> Element
) throws -> [Element] {
  var list: [Element] = []
  list.reserveCapacity(count)
  for place in 0..<count {
    if place & 0xFFFF == 0 { try Interrupt.check() }
    list.append(try element(place))
  }
  return list
}

/// Two lists as one, with a look for Ctrl-C in between.
func interruptibleJoin<Element>(_ left: [Element], _ right: [Element]) throws -> [Element] {
  var list: [Element] = []
  list.reserveCapacity(left.count + right.count)
  for part in [left, right] {
    for start in stride(from: 0, to: part.count, by: 0x10000) {
      try Interrupt.check()
      list += part[start..<min(part.count, start + 0x10000)]
    }
  }
  return list
}
