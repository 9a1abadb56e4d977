/// Kinds of colour vision, for checking that what matters is told apart by all of them.
public enum ColorVision: CaseIterable, Sendable {
  case full
  /// No green cones: the most common kind of colour blindness.
  case deuteranopia
  /// No red cones.
  case protanopia
  /// No blue cones.
  case tritanopia

  /// Rows for red, green and blue, in thousandths, on linear light: Machado, Oliveira, Fernandes,
  /// "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), severity 1.
  private var matrix: [Int] {
    switch self {
    case .full: [1000, 0, 0, 0, 1000, 0, 0, 0, 1000]
    case .deuteranopia: [367, 861, -228, 280, 673, 47, -12, 43, 969]
    case .protanopia: [152, 1053, -205, 115, 786, 99, -4, -48, 1052]
    case .tritanopia: [1256, -77, -179, -78, 931, 148, 5, 691, 304]
    }
  }

  /// How a 24-bit colour looks to it.
  public func seen(_ rgb: UInt32) -> UInt32 {
    let linear = [16, 8, 0].map { shift in
      let part = Int(rgb >> UInt32(shift) & 255)
      // A gamma of 2 stands for sRGB's curve.
      return part * part
    }
    var result: UInt32 = 0
    for row in 0..<3 {
      let sum = (0..<3).reduce(0) { $0 + matrix[3 * row + $1] * linear[$1] } / 1000
      result = result << 8 | UInt32(Self.root(min(max(sum, 0), 65025)))
    }
    return result
  }

  private static func root(_ value: Int) -> Int {
    var low = 0
    var high = 255
    while low < high {
      let middle = (low + high + 1) / 2
      if middle * middle <= value { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// How far apart two colours look to it: 0 for the same, about 765 for black and white.
  public func distance(_ a: UInt32, _ b: UInt32) -> Int {
    let (x, y) = (seen(a), seen(b))
    func part(_ shift: UInt32) -> Int { Int(x >> shift & 255) - Int(y >> shift & 255) }
    let (r, g, b) = (part(16), part(8), part(0))
    let mean = (Int(x >> 16 & 255) + Int(y >> 16 & 255)) / 2
    // The low-cost approximation "redmean" of perceived distance.
    let square = (512 + mean) * r * r / 256 + 4 * g * g + (767 - mean) * b * b / 256
    var root = 0
    while (root + 1) * (root + 1) <= square { root += 1 }
    return root
  }
}
