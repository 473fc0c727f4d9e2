import Testing

@testable import Networks
@testable import Operations
@testable import Tensors

/// Layers with kernels of their own beside what they are by definition.
@Suite struct FusedLayerTests {
  /// A layer, and the shape of its input.
  struct Case: Sendable, CustomTestStringConvertible {
    let input: [Int]
    let layer: @Sendable () throws -> any Layer
    /// Which steps of the first row are all 0.
    var gaps: [Int] = []
    var testDescription: String { (try? layer().description) ?? "?" }
  }

  static let cases: [Case] =
    [
      Case(input: [3, 5, 7]) { LayerNormalization() },
      Case(input: [4, 33]) { LayerNormalization() },
      Case(input: [3, 4, 5, 6]) { try GroupNormalization(groups: 3) },
      Case(input: [2, 7, 40]) { try GroupNormalization(groups: 1) },
      Case(input: [5, 4]) { try GroupNormalization(groups: 2) },
      // Wider and longer than a tile of the products, and not whole ones.
      Case(input: [2, 41, 6]) { try Attention(size: 6, heads: 2, isCausal: true) },
      Case(input: [1, 37, 4]) { try Attention(size: 4, heads: 1) },
      Case(input: [2, 5, 38]) { try Attention(size: 38, heads: 1, isCausal: true) },
      Case(input: [3, 6, 4]) { try Attention(size: 4, heads: 2) },
      Case(input: [2, 19, 6]) { try Attention(size: 6, heads: 3, isCausal: true) },
      Case(input: [2, 1, 6]) { try Attention(size: 6, heads: 1) },
      Case(
        input: [2, 5, 4], layer: { try Attention(size: 4, heads: 2, isMasked: true) }, gaps: [3, 4]),
      // The first step sees none that is real.
      Case(
        input: [2, 5, 4],
        layer: { try Attention(size: 4, heads: 1, isCausal: true, isMasked: true) }, gaps: [0, 3]),
      Case(
        input: [2, 4, 4], layer: { try Transformer(size: 4, heads: 2, isMasked: true) },
        gaps: [2, 3]),
    ]
    + [Recurrent.Kind.rnn, .lstm, .gru].flatMap { kind in
      [
        Case(input: [5, 4, 3]) { try Recurrent(kind, inputs: 3, hidden: 5, returnsAll: true) },
        Case(input: [19, 3, 2]) { try Recurrent(kind, inputs: 2, hidden: 17, layers: 2) },
        Case(input: [33, 2, 2]) { try Recurrent(kind, inputs: 2, hidden: 70) },
        Case(input: [1, 1, 2]) { try Recurrent(kind, inputs: 2, hidden: 1) },
        Case(
          input: [3, 5, 2],
          layer: {
            try Recurrent(
              kind, inputs: 2, hidden: 4, layers: 2, returnsAll: true, isMasked: true)
          }, gaps: [0, 3, 4]),
      ]
    }

  private func point(_ example: Case, _ layer: any Layer) throws -> [Tensor] {
    var x = try normal(example.input, seed: 4)
    for step in example.gaps {
      try x.assign([.at(0), .at(step)], Tensor.zeros(Shape(checking: [example.input[2]])))
    }
    var parameters: [Tensor] = []
    // Scores of attention stay near 0 however wide it is.
    let spread = min(0.4, 1.6 / Double(example.input.last ?? 1))
    for (index, parameter) in layer.parameterGroups.joined().enumerated() {
      let noise = try normal(parameter.tensor.shape.dimensions, seed: 20 + UInt64(index))
      parameters.append(
        try Tensor.apply(.multiply, noise, .scalar(spread)))
    }
    return [x] + parameters
  }

  private func resolved(_ example: Case) throws -> any Layer {
    var layer = try example.layer()
    var generator = RandomGenerator(seed: 2)
    _ = try layer.resolve(
      input: Array(example.input.dropFirst()), position: 1, generator: &generator)
    return layer
  }

  /// The output, the slopes of a weighted sum of it, and those of the slopes' squares.
  private func everything(_ layer: any Layer, _ point: [Tensor]) throws -> [Tensor] {
    let function: ([Variable]) throws -> Variable = {
      try layer.apply($0[0], LayerPass(parameters: $0[1...]))
    }
    let output = try function(point.map { Variable($0) })
    let weights = Variable(try normal(output.shape.dimensions, seed: 7))
    func slopes(_ point: [Variable]) throws -> [Variable] {
      try gradient(of: { try .sum(function($0) * weights) }, at: point)
    }
    let second = try gradient(
      of: { try slopes($0).reduce(Variable(0)) { try $0 + .sum($1 * $1) } },
      at: point.map { Variable($0) })
    return try [output.tensor] + slopes(point.map { Variable($0) }).map(\.tensor)
      + second.map(\.tensor)
  }

  @Test(arguments: cases) func kernelsComputeTheDefinition(_ example: Case) throws {
    let layer = try resolved(example)
    let exact = try point(example, layer)
    let single = try exact.map { try $0.cast(to: .f32) }
    let (kernels, definition) = (try everything(layer, single), try everything(layer, exact))
    #expect(kernels.count == definition.count)
    for (index, (a, b)) in zip(kernels, definition).enumerated() {
      #expect(a.elementType == .f32)
      #expect(difference(a, b) < (index <= exact.count ? 2e-5 : 1e-3), "\(index)")
    }
  }

  /// No bit depends on how many threads there are.
  @Test(arguments: cases) func kernelsOnAnyNumberOfThreads(_ example: Case) throws {
    let layer = try resolved(example)
    let point = try point(example, layer).map { try $0.cast(to: .f32) }
    func bits() throws -> [[Double]] { try everything(layer, point).map { $0.doubles() } }
    let alone = try Threads.limited(to: 1) { try bits() }
    let before = Threads.count
    defer { Threads.count = before }
    for count in [2, 3] {
      Threads.count = count
      #expect(try bits() == alone)
    }
  }

  /// Whoever looks at single operations is shown them.
  @Test func recordingsHoldTheDefinition() throws {
    let layer = try resolved(Self.cases[0])
    let point = try point(Self.cases[0], layer).map { try $0.cast(to: .f32) }
    let tape = Tape(keepingAll: true)
    let watched = point.map { tape.watch($0) }
    let output = try layer.apply(watched[0], LayerPass(parameters: watched[1...]))
    #expect(tape.recording(of: output).steps.contains { $0.name == "sqrt" })
  }

  /// What fills up a sequence changes nothing about its real steps, through a whole network.
  @Test(arguments: [false, true]) func paddingIsSeenByNone(_ isCausal: Bool) throws {
    let net = try network([
      try Embedding(count: 5, size: 4), try Positional(length: 6, size: 4),
      try Transformer(size: 4, heads: 2, isCausal: isCausal),
      try Transformer(size: 4, heads: 2, isCausal: isCausal), try Dense(inputs: 4, outputs: 3),
    ])
    let short = try net.forward(Tensor([1, 4, 2] as [Float], [1, 3]))
    let filled = try net.forward(Tensor([1, 4, 2, -1, -1, 0, 3, 3, 1, 2] as [Float], [2, 5]))
    let real = try filled.subscripted([
      .slice(start: 0, stop: 1, step: 1), .slice(start: 0, stop: 3, step: 1),
    ])
    #expect(difference(real, short) < 1e-6)
  }
}
