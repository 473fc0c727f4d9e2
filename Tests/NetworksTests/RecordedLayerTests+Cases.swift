import Testing

@testable import Networks
@testable import Operations
@testable import Tensors

/// The networks that are trained with the layers' own stages and with none.
extension RecordedLayerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let input: [Int]
    /// Where inputs are codes, how many there are; −1 is among them.
    let codes: Int?
    /// Whether some bias changes nothing, as that of attention's keys: its gradient is nothing but
    /// rounding, of which adam would make whole steps.
    let hasIdleBias: Bool
    let layers: @Sendable () throws -> [any Layer]
    var testDescription: String { name }

    init(
      _ name: String, _ input: [Int] = [6], codes: Int? = nil,
      hasIdleBias: Bool = false, _ layers: @escaping @Sendable () throws -> [any Layer]
    ) {
      self.name = name
      self.input = input
      self.codes = codes
      self.hasIdleBias = hasIdleBias
      self.layers = layers
    }

    /// Inputs that fit, of three classes.
    func data(rows: Int) throws -> TrainingData {
      var generator = RandomGenerator(seed: 8)
      let shape = try Shape(checking: [rows] + input)
      let x =
        if let codes {
          try Tensor(
            doubles: generator.normal(shape).doubles().map {
              (min(abs($0), 2) / 2 * Double(codes)).rounded(.down) - 1
            }, shape, elementType: .f32)
        } else { try generator.normal(shape) }
      let y = try Sample(rows: rows, features: 4, classes: 3).targets
      return try TrainingData(inputs: x, targets: y, validation: (x, y))
    }
  }

  /// Every layer that has a stage of its own, as the first, between others and next to itself.
  static let cases: [Case] =
    ActivationLayer.kinds.map { kind in
      Case(kind.name) {
        [
          ActivationLayer(kind), try Dense(outputs: 5), ActivationLayer(kind),
          ActivationLayer(kind),
          try Dense(outputs: 4), ActivationLayer(kind), try Dense(outputs: 3),
        ]
      }
    } + [
      Case("dense without a bias") {
        [
          try Dense(outputs: 5, hasBias: false), ActivationLayer(.relu),
          try Dense(outputs: 3, hasBias: false),
        ]
      },
      Case("layer_norm", [4, 6]) {
        [
          LayerNormalization(), try Dense(outputs: 5), LayerNormalization(), Flatten(),
          try Dense(outputs: 3),
        ]
      },
      Case("group_norm", [3, 4, 6], hasIdleBias: true) {
        [
          try GroupNormalization(groups: 2), try Dense(outputs: 4),
          try GroupNormalization(groups: 4),
          Flatten(), try Dense(outputs: 3),
        ]
      },
      Case("conv_transpose2d", [3, 4, 2]) {
        [
          try ConvolutionLayer(.transposed, inputs: 2, outputs: 4, kernel: 3, stride: 2),
          ActivationLayer(.relu),
          try ConvolutionLayer(
            .transposed, inputs: 4, outputs: 6, kernel: 2, padding: .valid, groups: 2),
          ActivationLayer(.tanh), Flatten(), try Dense(outputs: 3),
        ]
      },
      Case("upsample", [3, 2, 2]) {
        [
          try Upsampling(size: 3), try ConvolutionLayer(.conv2d, inputs: 2, outputs: 2, kernel: 3),
          ActivationLayer(.tanh), try Upsampling(size: 2), GlobalAveragePooling(),
          try Dense(outputs: 3),
        ]
      },
      Case("global_avg_pool", [5, 4, 2]) {
        [
          try ConvolutionLayer(.conv2d, inputs: 2, outputs: 5, kernel: 3), GlobalAveragePooling(),
          try Dense(outputs: 3),
        ]
      },
      Case("attention", [5, 6], hasIdleBias: true) {
        [
          try Attention(size: 6, heads: 2), try Attention(size: 6, heads: 3, isCausal: true),
          GlobalAveragePooling(), try Dense(outputs: 3),
        ]
      },
      Case("transformer", [5, 6], hasIdleBias: true) {
        [
          try Transformer(size: 6, heads: 2, dropout: 0.2),
          try Transformer(size: 6, heads: 2, isCausal: true, dropout: 0.3, isMasked: true),
          GlobalAveragePooling(), try Dense(outputs: 3),
        ]
      },
      Case("embedding", [5], codes: 4, hasIdleBias: true) {
        [
          try Embedding(count: 4, size: 6), try Positional(length: 7, size: 6),
          try Transformer(size: 6, heads: 2), GlobalAveragePooling(), try Dense(outputs: 3),
        ]
      },
      Case("embedding of one code", [1], codes: 6) {
        [try Embedding(count: 6, size: 4), try Dense(outputs: 3)]
      },
      Case("embedding of pictures", [2, 3], codes: 6) {
        [try Embedding(count: 6, size: 4), GlobalAveragePooling(), try Dense(outputs: 3)]
      },
      Case("embedding and padding", [5], codes: 4) {
        [
          try Embedding(count: 4, size: 6),
          try Recurrent(.gru, inputs: 6, hidden: 4, layers: 2, isMasked: true),
          try Dense(outputs: 3),
        ]
      },
      Case("dense") { [try Dense(outputs: 5), try Dense(outputs: 4), try Dense(outputs: 3)] },
      Case("softmax") { [try Dense(outputs: 4), Softmax(), try Dense(outputs: 3)] },
      Case("dropout") {
        [try Dropout(0.3), try Dense(outputs: 8), try Dropout(0.5), try Dense(outputs: 3)]
      },
      Case("batch_norm") {
        [
          BatchNormalization(), try Dense(outputs: 5), ActivationLayer(.tanh), BatchNormalization(),
          try Dense(outputs: 3),
        ]
      },
      Case("flatten", [3, 2]) { [Flatten(), try Dense(outputs: 3)] },
      Case("conv2d", [5, 4, 2]) {
        [
          try ConvolutionLayer(.conv2d, inputs: 2, outputs: 3, kernel: 3), ActivationLayer(.relu),
          try ConvolutionLayer(
            .conv2d, inputs: 3, outputs: 2, kernel: 2, stride: 2, padding: .valid),
          ActivationLayer(.tanh), BatchNormalization(), Flatten(), try Dense(outputs: 3),
        ]
      },
      Case("max_pool", [4, 6, 2]) {
        [
          try ConvolutionLayer(.conv2d, inputs: 2, outputs: 3, kernel: 3),
          try Pooling(.max, size: 2),
          Flatten(),
          try Dense(outputs: 3),
        ]
      },
      Case("relu and max_pool", [7, 6, 2]) {
        [
          try ConvolutionLayer(.conv2d, inputs: 2, outputs: 17, kernel: 3), ActivationLayer(.relu),
          try Pooling(.max, size: 2),
          try ConvolutionLayer(.conv2d, inputs: 17, outputs: 3, kernel: 3), ActivationLayer(.relu),
          try Pooling(.max, size: 3), Flatten(), try Dense(outputs: 3),
        ]
      },
      Case("residuals in residuals", [4, 5, 3], hasIdleBias: true) {
        func dense() throws -> [any Layer] {
          [ActivationLayer(.tanh), try Dense(outputs: 4), try Dense(outputs: 3)]
        }
        return [
          try Residual(layers: dense()),
          try Residual(layers: [try Residual(layers: dense()), ActivationLayer(.relu)] + dense()),
          ActivationLayer(.relu),
          try Residual(
            layers: [
              try ConvolutionLayer(.conv2d, inputs: 3, outputs: 3, kernel: 3),
              BatchNormalization(), ActivationLayer(.relu), try Residual(layers: dense()),
            ]), ActivationLayer(.relu), Flatten(), try Dense(outputs: 3),
        ]
      },
      Case("avg_pool", [5, 4, 1]) {
        [try Pooling(.average, size: 2), Flatten(), try Dense(outputs: 3)]
      },
      Case("residual") {
        [
          try Residual(network([try Dense(inputs: 6, outputs: 6), ActivationLayer(.tanh)])),
          try Residual(
            network([
              try Dropout(0.2), try Dense(inputs: 6, outputs: 6), ActivationLayer(.gelu),
              BatchNormalization(), try Dropout(0.4),
            ])), try Dense(outputs: 3),
        ]
      },
    ]
    + [Recurrent.Kind.rnn, .lstm, .gru].flatMap { kind in
      [
        Case(kind.rawValue, [4, 3]) {
          [
            try Recurrent(kind, inputs: 3, hidden: 5, layers: 2, returnsAll: true),
            try Recurrent(kind, inputs: 5, hidden: 4), try Dense(outputs: 3),
          ]
        },
        Case("\(kind.rawValue), one step", [1, 3]) {
          [
            try Recurrent(kind, inputs: 3, hidden: 4, returnsAll: true, isMasked: true), Flatten(),
            try Dense(outputs: 3),
          ]
        },
      ]
    }
}
