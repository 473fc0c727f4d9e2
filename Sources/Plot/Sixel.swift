/// A sheet of pixels as DEC's sixels: a palette, then bands of six rows, in each a pass for every
/// colour that occurs in it.
struct Sixel {
  let text: String

  init(_ sheet: PixelSheet) {
    let palette = Palette(sheet.bytes)
    var text = "\u{1B}P0;1;0q\"1;1;\(sheet.width);\(sheet.height)"
    for (index, color) in palette.colors.enumerated() {
      // Parts in hundredths.
      let parts = color.map { String((Int($0) * 100 + 127) / 255) }
      text += "#\(index);2;\(parts.joined(separator: ";"))"
    }
    for top in stride(from: 0, to: sheet.height, by: 6) {
      text += Self.band(sheet, top: top, palette) + "-"
    }
    self.text = text + "\u{1B}\\"
  }

  private static func band(_ sheet: PixelSheet, top: Int, _ palette: Palette) -> String {
    var rows: [Int: [UInt8]] = [:]
    for row in top..<min(sheet.height, top + 6) {
      for column in 0..<sheet.width {
        let place = (row * sheet.width + column) * 4
        guard sheet.bytes[place + 3] > 127 else { continue }
        let color = palette.index(sheet.bytes[place..<place + 3])
        rows[color, default: [UInt8](repeating: 0, count: sheet.width)][column] |=
          1 << UInt8(row - top)
      }
    }
    return rows.keys.sorted().map { "#\($0)" + runs(rows[$0] ?? []) }.joined(separator: "$")
  }

  /// The six dots of each column as a character, equal ones counted.
  private static func runs(_ columns: [UInt8]) -> String {
    var text = ""
    var place = 0
    while place < columns.count {
      var end = place + 1
      while end < columns.count, columns[end] == columns[place] { end += 1 }
      let character = String(UnicodeScalar(63 + columns[place]))
      let count = end - place
      text += count > 3 ? "!\(count)\(character)" : String(repeating: character, count: count)
      place = end
    }
    return text
  }

  /// Up to 256 colours: those that occur where they are so few, otherwise greys or a cube of them.
  private struct Palette {
    private(set) var colors: [[UInt8]] = []
    private var places: [UInt32: Int] = [:]
    private let isCube: Bool

    private static let most = 256
    private static let levels = 6

    init(_ bytes: [UInt8]) {
      var found: Set<UInt32> = []
      for place in stride(from: 0, to: bytes.count, by: 4) where bytes[place + 3] > 127 {
        found.insert(Self.key(bytes[place..<place + 3]))
        if found.count > Self.most { break }
      }
      isCube = found.count > Self.most
      guard isCube else {
        for key in found.sorted() {
          places[key] = colors.count
          colors.append([UInt8(key >> 16), UInt8(key >> 8 & 255), UInt8(key & 255)])
        }
        return
      }
      for red in 0..<Self.levels {
        for green in 0..<Self.levels {
          for blue in 0..<Self.levels {
            colors.append([red, green, blue].map { UInt8($0 * 255 / (Self.levels - 1)) })
          }
        }
      }
    }

    func index(_ color: ArraySlice<UInt8>) -> Int {
      guard isCube else { return places[Self.key(color)] ?? 0 }
      return color.reduce(0) { index, part in
        index * Self.levels + (Int(part) * (Self.levels - 1) + 127) / 255
      }
    }

    private static func key(_ color: ArraySlice<UInt8>) -> UInt32 {
      color.reduce(0) { $0 << 8 | UInt32($1) }
    }
  }
}
