import Console
import Language
import Plot
import Tensors

/// What a command puts before a person: text, or pictures that are drawn as the audience can take
/// them.
enum Exhibit {
  case lines([String])
  /// Pictures side by side, each with a caption, which may be empty.
  case pictures([(image: TerminalImage, caption: String)])
  /// - Parameter height: the rows of a panel, where it is drawn with characters.
  case chart(Chart, height: Int)
}

extension CommandContext {
  /// Shows what a command has to show, unless the result is assigned to a variable.
  func show(_ exhibits: [Exhibit]) throws {
    guard !command.isAssigned else { return }
    for exhibit in exhibits {
      switch exhibit {
      case .lines(let lines): print(lines)
      case .pictures(let pictures): try show(pictures)
      case .chart(let chart, let height): try show(chart, height: height)
      }
    }
  }

  /// How many dots wide a picture may be.
  var dotsAcross: Int {
    session.audience.takesEvents
      ? PictureSheet.width : TerminalImage.dots(across: width, session.terminal.ink)
  }

  private func show(_ pictures: [(image: TerminalImage, caption: String)]) throws {
    guard session.audience.takesEvents else {
      let ink = session.terminal.ink
      if pictures.count == 1, pictures[0].caption.isEmpty {
        return print(pictures[0].image.lines(ink))
      }
      return print(TerminalImage.gallery(pictures, width: width, ink: ink))
    }
    let sheet = PictureSheet(pictures.map(\.image))
    guard let bytes = try sheet.png() else { return }
    session.audience.show(picture: bytes)
    print(sheet.captionLines(pictures.map(\.caption)))
  }

  private func show(_ chart: Chart, height: Int) throws {
    if session.audience.takesEvents, let bytes = try picture(of: chart) {
      return session.audience.show(picture: bytes)
    }
    print(
      chart.lines(
        width: width, height: height, paint: paint, ink: session.terminal.ink,
        style: session.settings.dots))
  }

  /// The bytes of a chart's picture; nil, with a word about it, where it cannot be drawn here.
  private func picture(of chart: Chart) throws -> [UInt8]? {
    do throws(GnuplotError) {
      return try Gnuplot.picture(of: chart)
    } catch {
      if error == .interrupted { throw RuntimeError.interrupted }
      note(error.message + "; the chart is drawn with characters")
      return nil
    }
  }
}
