/** Names for runs that were given none: `calm-heron-417`. */

const qualities = [
  "able amber ample azure bold brave bright brisk calm candid clean clear clever cosmic crisp curious",
  "daring dapper deep eager early earnest fair fancy fleet fond frank fresh gentle glad golden grand",
  "handy happy hardy honest humble jolly keen kind light lively loyal lucid lucky mellow merry mighty",
  "modest neat nimble noble patient placid plucky polite proud quick quiet rapid rare ready royal sharp",
  "shiny silent silver simple sleek smart smooth snappy solid spry stately steady sturdy sunny swift",
  "tender thoughtful tidy trim trusty upbeat valiant vivid warm welcome wise witty zany",
]
  .join(" ")
  .split(" ");

const animals = [
  "ant auk bat bear bee bison boar bream carp cat colt cod crab crane crow deer dog dove duck eagle eel elk",
  "falcon finch fish fly fowl fox frog goat goose gnu grouse gull hare hawk hen heron horse hound ibis jay",
  "kite koi lark loon lynx mare midge mink mole moose moth mouse mule newt owl ox panda penguin perch pug",
  "quail ram rat raven robin rook seal shad shark sheep shrew skunk slug snail snipe sow sprat squid stag",
  "stork swan tern toad trout turtle vole wasp whale wolf wren yak zebra",
]
  .join(" ")
  .split(" ");

/** @param random Uniform in [0, 1). */
export function generateRunName(random: () => number): string {
  const pick = (words: readonly string[]): string => words[Math.floor(random() * words.length)] as string;
  return `${pick(qualities)}-${pick(animals)}-${Math.floor(random() * 1000)}`;
}
