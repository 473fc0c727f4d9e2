import Foundation
import Testing

@testable import Console
@testable import Files
@testable import Plot

/// Pictures as pixels, decoded again from what is sent to the terminal.
@Suite struct PixelPictureTests {
  static let cell = CellSize(width: 10, height: 20)

  /// A picture with colours and a shade for each dot, all of them sixteenths.
  private func picture(rows: Int, columns: Int) -> TerminalImage {
    let pixels = (0..<rows).map { (row: Int) -> [TerminalImage.Pixel] in
      (0..<columns).map { (column: Int) -> TerminalImage.Pixel in
        let red = Double((row * 3 + column) % 4) / 3
        return TerminalImage.Pixel(
          red: red, green: Double(column % 2), blue: Double(row % 3) / 2)
      }
    }
    return TerminalImage(pixels: pixels)
  }

  /// Red, green and blue of each dot, nil where nothing is drawn.
  private typealias Dots = [[[UInt8]?]]

  private func dots(png bytes: [UInt8]) throws -> Dots {
    let tensor = try PNGFile.read(SourceStream(MemorySource(bytes, place: "sent")))
    let sizes = tensor.shape.dimensions
    try #require(sizes.count == 3 && sizes[2] == 4)
    let numbers = tensor.doubles().map { UInt8(($0 * 255).rounded()) }
    return (0..<sizes[0]).map { row in
      (0..<sizes[1]).map { column in
        let place = (row * sizes[1] + column) * 4
        return numbers[place + 3] == 0 ? nil : Array(numbers[place..<place + 3])
      }
    }
  }

  private func sent(_ lines: [String], _ form: GraphicsProtocol) throws -> Dots {
    let text = lines.joined(separator: "\n")
    switch form {
    case .kitty:
      var letters = ""
      var pieces = text.components(separatedBy: "\u{1B}_G").dropFirst()
      #expect(!pieces.isEmpty)
      while let piece = pieces.popFirst() {
        let parts = try #require(piece.components(separatedBy: "\u{1B}\\").first)
          .split(separator: ";", maxSplits: 1).map(String.init)
        #expect(parts[0].hasSuffix("m=\(pieces.isEmpty ? 0 : 1)"))
        #expect(parts[1].count <= 4096)
        letters += parts[1]
      }
      return try dots(png: [UInt8](try #require(Data(base64Encoded: letters))))
    case .iterm2:
      let inside = try #require(
        text.components(separatedBy: "\u{1B}]1337;File=").last?.components(separatedBy: "\u{7}")
          .first)
      let parts = inside.split(separator: ":", maxSplits: 1).map(String.init)
      let bytes = [UInt8](try #require(Data(base64Encoded: parts[1])))
      #expect(parts[0].contains("size=\(bytes.count);"))
      return try dots(png: bytes)
    case .sixel:
      let inside = try #require(
        text.components(separatedBy: "\u{1B}P").last?.components(separatedBy: "\u{1B}\\").first)
      return try sixels(inside)
    }
  }

  /// A small decoder of sixels.
  private func sixels(_ text: String) throws -> Dots {
    var body = Array(try #require(text.components(separatedBy: "q").last))[...]
    func number() -> Int {
      var value = 0
      while let digit = body.first?.wholeNumberValue {
        value = value * 10 + digit
        body.removeFirst()
      }
      return value
    }
    func numbers() -> [Int] {
      var values = [number()]
      while body.first == ";" {
        body.removeFirst()
        values.append(number())
      }
      return values
    }
    #expect(body.popFirst() == "\"")
    let raster = numbers()
    var dots: Dots = Array(repeating: Array(repeating: nil, count: raster[2]), count: raster[3])
    var palette: [Int: [UInt8]] = [:]
    var (color, x, y, count) = (0, 0, 0, 1)
    while let character = body.popFirst() {
      switch character {
      case "#":
        let values = numbers()
        color = values[0]
        if values.count == 5 {
          palette[color] = values[2...].map { UInt8((Double($0) * 2.55).rounded()) }
        }
      case "!": count = number()
      case "$": x = 0
      case "-": (x, y) = (0, y + 6)
      default:
        let bits = Int(try #require(character.asciiValue)) - 63
        try #require((0..<64).contains(bits))
        for bit in 0..<6 where bits >> bit & 1 == 1 {
          for column in x..<x + count { dots[y + bit][column] = palette[color] }
        }
        (x, count) = (x + count, 1)
      }
    }
    return dots
  }

  @Test(arguments: GraphicsProtocol.allCases) func whatIsSentIsThePicture(form: GraphicsProtocol)
    throws
  {
    for (rows, columns) in [(5, 7), (28, 28), (1, 1), (200, 3), (40, 90)] {
      let image = picture(rows: rows, columns: columns)
      let found = try sent(image.lines(.pixels(form, cell: Self.cell)), form)
      let factor = max(1, 240 / max(rows, columns))
      #expect(found.count == rows * factor && found.allSatisfy { $0.count == columns * factor })
      for (row, line) in found.enumerated() {
        for (column, dot) in line.enumerated() {
          let pixel = image.pixels[row / factor][column / factor]
          let wanted = [pixel.red, pixel.green, pixel.blue].map { Int(($0 * 255).rounded()) }
          let parts = try #require(dot).map(Int.init)
          // Sixels have hundredths.
          #expect(zip(parts, wanted).allSatisfy { abs($0 - $1) <= (form == .sixel ? 2 : 0) })
        }
      }
    }
  }

  @Test(arguments: GraphicsProtocol.allCases) func manyColorsAreSent(form: GraphicsProtocol) throws
  {
    let pixels = (0..<64).map { (row: Int) -> [TerminalImage.Pixel] in
      (0..<64).map { (column: Int) -> TerminalImage.Pixel in
        let blue = Double(row * column % 64) / 63
        return TerminalImage.Pixel(red: Double(row) / 63, green: Double(column) / 63, blue: blue)
      }
    }
    let image = TerminalImage(pixels: pixels)
    let found = try sent(image.lines(.pixels(form, cell: Self.cell)), form)
    let factor = 3
    for (row, line) in found.enumerated() {
      for (column, dot) in line.enumerated() {
        let pixel = image.pixels[row / factor][column / factor]
        let wanted = [pixel.red, pixel.green, pixel.blue].map { $0 * 255 }
        let parts = try #require(dot).map(Double.init)
        #expect(zip(parts, wanted).allSatisfy { abs($0 - $1) <= (form == .sixel ? 28 : 0.51) })
      }
    }
  }

  /// The rows that a picture takes are made before it is drawn, and the cursor comes back below.
  @Test(arguments: GraphicsProtocol.allCases) func aPictureHasItsPlace(form: GraphicsProtocol) {
    let lines = picture(rows: 28, columns: 28).lines(.pixels(form, cell: Self.cell))
    let rows = form == .sixel ? 13 : 12
    #expect(lines.count == rows)
    #expect(lines.dropLast().allSatisfy { $0.isEmpty })
    #expect(lines.last?.hasPrefix("\u{1B}[\(rows - 1)A\u{1B}7") ?? false)
    #expect(lines.last?.hasSuffix("\u{1B}8\u{1B}[\(rows - 1)B") ?? false)
    // A transcript holds nothing of it.
    #expect(EscapeCodes.removed(from: lines.joined()).isEmpty)
  }

  @Test(arguments: GraphicsProtocol.allCases) func aContactSheetFitsTheScreen(
    form: GraphicsProtocol
  ) throws {
    let images = (0..<9).map { (image: picture(rows: 28, columns: 28), caption: "class \($0)") }
    let lines = TerminalImage.gallery(images, width: 50, ink: .pixels(form, cell: Self.cell))
    let captions = lines.filter { $0.contains("class") }
    #expect(captions.count == 3)
    #expect(captions[0].hasPrefix("class 0 ") && captions[0].hasSuffix("class 2"))
    #expect(captions.allSatisfy { $0.count <= 50 })
    let first = Array(lines.prefix { !$0.contains("class") })
    let found = try sent(first, form)
    #expect(found[0].count <= 500)
    // Between two pictures nothing is drawn.
    #expect(found[0].contains { $0 == nil })
  }

  @Test func marksOfASCII() {
    let image = TerminalImage(brightness: [[0, 0.5, 1], [0, 0.5, 1], [1, 1, 0]])
    #expect(image.lines(.marks) == [" +@", "@@"] || image.lines(.marks) == [" =@", "@@"])
  }

  // MARK: asking the terminal

  @Test(
    arguments: [
      ("\u{1B}_Gi=31;OK\u{1B}\\\u{1B}[?62;c", GraphicsProtocol.kitty, ""),
      ("\u{1B}[?62;4;6;22c", .sixel, ""), ("\u{1B}[?64;1;2c", nil, ""),
      ("ab\u{1B}[A\u{1B}[?4c\u{1B}[Bé", .sixel, "ab\u{1B}[A\u{1B}[Bé"),
      ("\u{1B}_Gi=31;ENOTSUPPORTED:x\u{1B}\\x\u{1B}[?6c", nil, "x"), ("1 + 1\r", nil, "1 + 1\r"),
      ("\u{1B}[?14c", nil, ""), ("", nil, ""), ("\u{1B}_G", nil, "\u{1B}_G"),
    ] as [(String, GraphicsProtocol?, String)]) func answersAndKeysAreToldApart(
      answer: String, form: GraphicsProtocol?, typed: String
    )
  {
    let query = TerminalQuery(answer: Array(answer.utf8))
    #expect(query.graphics == form)
    #expect(String(decoding: query.typed, as: UTF8.self) == typed)
  }

  @Test(arguments: [[], [0], [255, 1], [1, 2, 3], Array(0...255)] as [[UInt8]])
  func base64(bytes: [UInt8]) { #expect(Base64.text(bytes) == Data(bytes).base64EncodedString()) }

  @Test func figuresAreFoundInATextAgain() {
    let text = "a\n" + PageFigure.text("<svg>1</svg>") + PageFigure.text("<b>") + "\nend"
    #expect(
      PageFigure.pieces(of: text) == [
        .text("a\n"), .figure("<svg>1</svg>"), .figure("<b>"), .text("\nend"),
      ])
    #expect(
      Markup.escaped("<a href=\"x\">&'\u{1B}\n") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;\n")
  }
}
