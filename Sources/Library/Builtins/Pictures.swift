import Language
import Networks
import Tensors

/// Pictures moved at random, for training to see each of them in other ways.
extension Builtin {
  static let pictureGroup: [Builtin] = [shift, rotate, zoom, mirror]

  private static let pictures = Parameter(
    "x", .tensor, "pictures, N×H×W or N×H×W×C; or rows, as of 784 for 28×28")

  static let shift = Builtin(
    Declaration(
      "shift", group: .data, "pictures moved by a few pixels, each in its own random way",
      details: """
        Each by a whole number of pixels, from −n to n, down and to the right; what comes in from \
        outside is 0. In training: augment=(x -> shift(x, 2)).
        """,
      parameters: [pictures, Parameter("n", .integer, "the most pixels")],
      result: "pictures of the same shape",
      examples: [.init("shape(shift(ones(5, 28, 28), 2))", "[5, 28, 28]")],
      seeAlso: ["rotate", "zoom", "mirror", "roll"]),
    differentiation: .refused("it is drawn at random")
  ) { arguments, interpreter in
    let most = try arguments.size(1)
    guard most < 1 << 20 else { throw arguments.mismatch(1, expected: "a number of pixels") }
    return try moved(arguments, interpreter) { generator in
      .shift(
        down: Double(generator.next(below: 2 * most + 1) - most),
        right: Double(generator.next(below: 2 * most + 1) - most))
    }
  }

  static let rotate = Builtin(
    Declaration(
      "rotate", group: .data, "pictures rotated a little, each by a random angle",
      details: "Each by an angle from −degrees to degrees, around its middle.",
      parameters: [pictures, Parameter("degrees", .number, "the largest angle")],
      result: "pictures of the same shape",
      examples: [.init("shape(rotate(ones(5, 28, 28), 10))", "[5, 28, 28]")],
      seeAlso: ["shift", "zoom", "mirror"]),
    differentiation: .refused("it is drawn at random")
  ) { arguments, interpreter in
    let most = try arguments.number(1)
    guard most.isFinite else { throw arguments.mismatch(1, expected: "a finite number") }
    return try moved(arguments, interpreter) { generator in
      .rotation(degrees: most * (2 * generator.uniform() - 1))
    }
  }

  static let zoom = Builtin(
    Declaration(
      "zoom", group: .data, "pictures made a little larger or smaller, each in its own random way",
      details: "Each by a factor from 1 − share to 1 + share, around its middle.",
      parameters: [pictures, Parameter("share", .number, "the largest change, from 0 to below 1")],
      result: "pictures of the same shape",
      examples: [.init("shape(zoom(ones(5, 28, 28), 0.1))", "[5, 28, 28]")],
      seeAlso: ["shift", "rotate", "mirror"]),
    differentiation: .refused("it is drawn at random")
  ) { arguments, interpreter in
    let most = try arguments.number(1)
    guard most >= 0, most < 1 else {
      throw arguments.mismatch(1, expected: "a number from 0 to below 1")
    }
    return try moved(arguments, interpreter) { generator in
      .zoom(1 + most * (2 * generator.uniform() - 1))
    }
  }

  static let mirror = Builtin(
    Declaration(
      "mirror", group: .data, "pictures with left and right exchanged, each with a probability",
      parameters: [
        pictures, Parameter("p", .number, default: .number(0.5), "the probability of each"),
      ],
      result: "pictures of the same shape",
      examples: [.init("mirror([[[1, 2, 3]]], 1)", "1×1×3 tensor f32\n[0, :, :]\n  3  2  1")],
      seeAlso: ["shift", "rotate", "zoom", "flip"]),
    differentiation: .refused("it is drawn at random")
  ) { arguments, interpreter in
    let probability = try arguments.number(1)
    guard probability >= 0, probability <= 1 else {
      throw arguments.mismatch(1, expected: "a probability from 0 to 1")
    }
    return try moved(arguments, interpreter) { generator in
      generator.uniform() < probability ? .mirror : .none
    }
  }

  private static func moved(
    _ arguments: borrowing Arguments, _ interpreter: any Interpreter,
    _ draw: (inout RandomGenerator) -> PictureMove
  ) throws -> Value {
    let x = try arguments.tensor(0)
    if let pictures = try pictures(of: x) {
      let moves = try interruptibleList(count: x.shape[0]) { _ in
        draw(&interpreter.random.generator)
      }
      return Value(try pictures.moved(by: moves).reshaped(x.shape.dimensions))
    }
    throw RuntimeError.other(
      "\(arguments.declaration.name) moves pictures, N×H×W or N×H×W×C, and this is "
        + "\(x.shape.description)",
      hint: x.rank == 2
        ? "rows of numbers become pictures by reshape(x, [len(x), height, width])" : nil)
  }

  /// Rows are the pictures that a convolution takes them for; nil where there are none.
  private static func pictures(of x: Tensor) throws -> Tensor? {
    if x.rank == 3 || x.rank == 4 { return x }
    guard x.rank == 2, let image = ImageShape([x.shape[1]], channels: nil) else { return nil }
    return try x.reshaped([x.shape[0], image.height, image.width])
  }
}
