import Testing

@testable import Tensors

/// Every operation that can take long stops when asked to. Each runs in a process of its own: the
/// request is the whole process's.
@Suite struct InterruptionTests {
  @Test func longOperationsStop() async {
    await #expect(processExitsWith: .success) {
      let operations = try Operations()
      Interrupt.request()
      for (name, operation) in operations.all {
        #expect(error { () throws(TensorError) in try operation() } == .interrupted, "\(name)")
      }
      Interrupt.clear()
      for (name, operation) in operations.all {
        #expect(error { () throws(TensorError) in try operation() } == nil, "\(name)")
      }
    }
  }

  @Test func readingByBlocksStops() async {
    await #expect(processExitsWith: .success) {
      let x = try Tensor.zeros([300, 1000])
      Interrupt.request()
      #expect(throws: TensorError.interrupted) { try x.allElements { $0 == 0 } }
      #expect(throws: TensorError.interrupted) { try x.countElements { $0 == 0 } }
      #expect(throws: TensorError.interrupted) { try x.mapElements { $0 } }
      #expect(throws: TensorError.interrupted) { try x.hasSameElements(as: x) }
      Interrupt.clear()
    }
  }

  @Test func whatIsWrittenInPlaceIsWrittenWhole() async {
    await #expect(processExitsWith: .success) {
      let ones = try Tensor.full([1000, 1000], 1)
      var sum = try Tensor.full([1000, 1000], 1)
      var rows = try Tensor.full([1000, 1000], 0)
      var chosen = try Tensor.full([1000, 1000], 0)
      let order = try Tensor.sequence(from: 0, step: 1, count: 1000)
      Interrupt.request()
      try sum.apply(.add, with: Tensor.scalar(1))
      try rows.assign([.slice(start: 0, stop: 1000, step: 1)], ones)
      try chosen.assign([.gather(order)], ones)
      Interrupt.clear()
      #expect(sum.doubles().allSatisfy { $0 == 2 })
      #expect(rows.doubles().allSatisfy { $0 == 1 })
      #expect(chosen.doubles().allSatisfy { $0 == 1 })
    }
  }

  /// What takes long is written into a copy, which an interruption throws away.
  @Test func aLongAssignmentToChosenPlacesIsWholeOrNot() async {
    await #expect(processExitsWith: .success) {
      let count = 5_000_000
      let order = try Tensor.sequence(from: 0, step: 1, count: count, .f64)
      var numbers = try Tensor.zeros([count])
      Interrupt.request()
      #expect(
        error { () throws(TensorError) in
          try numbers.assign([.gather(order)], Tensor.scalar(1))
        } == .interrupted)
      Interrupt.clear()
      #expect(try numbers.reduce(.max).item == 0)
      try numbers.assign([.gather(order)], Tensor.scalar(1))
      #expect(try numbers.reduce(.min).item == 1)
      numbers = try numbers.accumulated(at: [.gather(order)], adding: order.cast(to: .f32))
      #expect(try numbers.element(at: [0]) == 1)
      #expect(try numbers.element(at: [count - 1]) == Double(count))
    }
  }

  @Test func smallOperationsEndAllTheSame() async {
    await #expect(processExitsWith: .success) {
      let x = try Tensor.sequence(from: 9, step: -1, count: 10)
      Interrupt.request()
      #expect(try Tensor.concatenate([x, x]).shape == [20])
      #expect(try x.sorted().doubles().first == 0)
      Interrupt.clear()
    }
  }
}

private struct Operations {
  typealias Operation = () throws(TensorError) -> Tensor
  let all: [(String, Operation)]

  init() throws {
    let x = try Tensor.zeros([1000, 1000])
    let flat = try x.flattened()
    let double = try x.cast(to: .f64)
    let wide = try Tensor.zeros([2000, 1000])
    let long = try Tensor.zeros([1000, 2000])
    let mask = try Tensor.apply(.equal, flat, Tensor.scalar(0))
    let large: Shape = [1_000_000]
    let elementwise: [(String, Operation)] = [
      ("exp", { () throws(TensorError) in try Tensor.apply(.exp, x) }),
      ("sum", { () throws(TensorError) in try x.reduce(.sum) }),
      ("softmax", { () throws(TensorError) in try x.softmax() }),
      ("product", { () throws(TensorError) in try Tensor.matmul(wide, long) }),
      ("to f64", { () throws(TensorError) in try x.cast(to: .f64) }),
      ("transpose", { () throws(TensorError) in try x.transposed().contiguous() }),
      (
        "every second",
        { () throws(TensorError) in
          try flat.subscripted([.slice(start: nil, stop: nil, step: -1)]).contiguous()
        }
      ),
    ]
    let orders: [(String, Operation)] = [
      ("sort", { () throws(TensorError) in try x.sorted() }),
      ("sort f64", { () throws(TensorError) in try double.flattened().sorted() }),
      ("argsort", { () throws(TensorError) in try flat.argsorted() }),
      ("argsort f64", { () throws(TensorError) in try double.flattened().argsorted() }),
      ("unique", { () throws(TensorError) in try x.unique() }),
      ("cumsum", { () throws(TensorError) in try flat.cumulativeSum() }),
      ("bincount", { () throws(TensorError) in try flat.bincount() }),
    ]
    let makers: [(String, Operation)] = [
      (
        "normal",
        { () throws(TensorError) in
          var generator = RandomGenerator(seed: 1)
          return try generator.normal(large)
        }
      ),
      ("zeros", { () throws(TensorError) in try Tensor.zeros(large) }),
      (
        "sequence",
        { () throws(TensorError) in
          try Tensor.sequence(from: 0, step: 1, count: 3_000_000)
        }
      ),
      ("identity", { () throws(TensorError) in try Tensor.identity(1000) }),
    ]
    let parts: [(String, Operation)] = [
      ("concat", { () throws(TensorError) in try Tensor.concatenate([x, x]) }),
      ("stack", { () throws(TensorError) in try Tensor.stack([x, x]) }),
      ("repeat", { () throws(TensorError) in try flat.repeated(3) }),
      ("mask", { () throws(TensorError) in try flat.subscripted([.mask(mask)]) }),
      ("list", { () throws(TensorError) in try flat.subscripted([.gather(flat)]) }),
    ]
    let picture = try Tensor.zeros([1, 1000, 1000])
    let readers: [(String, Operation)] = [
      (
        "numbers",
        { () throws(TensorError) in
          try Tensor(doubles: [x.transposed().guardedDoubles().reduce(0, +)], elementType: .f64)
        }
      ),
      ("pictures", { () throws(TensorError) in try picture.moved(by: [.mirror]) }),
    ]
    all = elementwise + orders + makers + parts + readers
  }
}
