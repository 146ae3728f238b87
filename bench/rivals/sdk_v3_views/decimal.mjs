// Numbers as DynamoDB has them: exact, of up to 38 digits, which a double is not.

const DIGITS_MAX = 38;

// digits * 10 ** -scale
export const parseDecimal = (text) => {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) throw new Error('not a number');
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  return { digits: BigInt(sign + whole + fraction), scale: fraction.length - Number(exponent) };
};

const aligned = (a, b) => {
  const scale = Math.max(a.scale, b.scale);
  const raised = ({ digits, scale: own }) =>
    own === scale ? digits : digits * 10n ** BigInt(scale - own);
  return { a: raised(a), b: raised(b), scale };
};

export const compare = (left, right) => {
  const { a, b } = aligned(left, right);
  return a < b ? -1 : Number(a > b);
};

export const subtract = (left, right) => {
  const { a, b, scale } = aligned(left, right);
  return { digits: a - b, scale };
};

// Without zeros that say nothing, so that equal numbers are equal texts.
export const printDecimal = ({ digits, scale }) => {
  const sign = digits < 0n ? '-' : '';
  let text = (digits < 0n ? -digits : digits).toString();
  if (scale <= 0) {
    text += '0'.repeat(digits === 0n ? 0 : -scale);
  } else {
    text = text.padStart(scale + 1, '0');
    const fraction = text.slice(-scale).replace(/0+$/, '');
    text = text.slice(0, -scale) + (fraction && `.${fraction}`);
  }
  if (text.replace(/^[0.]+|\.|0+$/g, '').length > DIGITS_MAX)
    throw new Error(`a number of more than ${DIGITS_MAX} digits`);
  return sign + text;
};
