import tseslint from "typescript-eslint";

const noHost = {
	// Anchored: "webrtc/http" and "embedded:network/http/client" are no modules of Node.js.
	regex: "^(node:.+|fs|net|dgram|crypto|http|https|timers)(/.+)?$",
	message: "modules/ and native/ run on a device: no Node.js.",
};

const hostGlobals = ["console", "setTimeout", "setInterval", "process", "Buffer", "TextEncoder"];

// A function that cannot throw: `guard(…)`, or one that is a single `try`. See modules/error/guard.ts.
const isGuarded = (/** @type {string} */ path) =>
	`:matches([${path}.callee.name="guard"], [${path}.body.body.length=1][${path}.body.body.0.type="TryStatement"])`;
const unguarded =
	"What a timer, a socket or a native calls must not throw: that would end the machine. Wrap it in guard().";
/** What takes such functions: timers; ECMA-419 classes, by the names that dictionaries give them; natives. */
const callers =
	":matches(NewExpression[callee.property.name=/^(io|listener)$/], NewExpression[callee.name=/^(TCPClass|Transport|Dtls)$/], CallExpression[callee.property.name=/^(accept|request|resolve)$/])";

// What breaks when built-ins are frozen and modules preloaded, or has no support on XS.
const unfit = [
	{ selector: "TSEnumDeclaration[const!=true]", message: "An enum leaves an unfrozen object: use a union type." },
	{ selector: "Literal[regex.pattern=/\\\\p\\{/]", message: "\\p{…} is not supported on XS." },
	{ selector: "Program > VariableDeclaration[kind='let']", message: "No mutable state at module level." },
];

// xsre.c, fxAllocateRegExpData: each use of one that was preloaded leaks, and a collection during it takes malloc's
// memory for a chunk. In the SDK since February 2024, and still in 8.2.3.
const preloaded = {
	selector: "Program :matches(VariableDeclarator, PropertyDefinition, ArrayExpression) > Literal[regex]",
	message: "A preloaded regular expression corrupts the SDK's heap: make it in the function that uses it.",
};

// Each evaluation of a literal compiles it, and so does each of these methods that is given a string.
const noRegularExpressions = "Regular expressions take a device long: scan by hand, with modules/text.";
const regularExpressions = [
	{ selector: "Literal[regex]", message: noRegularExpressions },
	{
		selector: "CallExpression > MemberExpression[property.name=/^(match|matchAll|search)$/]",
		message: noRegularExpressions,
	},
];

// XS keeps a slot for each of them in every instance. With its calls it also sets the object that the method belongs to,
// so that the newest instance stays until there is another, with all that it holds.
const privateMethods = {
	selector: "MethodDefinition[key.type='PrivateIdentifier'][static!=true]",
	message: "In XS a private method takes a slot of each instance, and keeps the newest: `private`, without #.",
};

const guarded = [
	{
		selector: `CallExpression[callee.object.name="Timer"][callee.property.name=/^(set|repeat)$/]:not(${isGuarded("arguments.0")})`,
		message: unguarded,
	},
	{
		selector: `${callers} > ObjectExpression > Property[key.name=/^on[A-Z]/]:not(${isGuarded("value")})`,
		message: unguarded,
	},
];

export default tseslint.config(
	{ ignores: ["build/", "node_modules/"] },
	...tseslint.configs.recommended,
	{
		rules: {
			"@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
			"@typescript-eslint/no-explicit-any": "error",
			eqeqeq: "error",
			"prefer-const": "error",
			// Callbacks of ECMA-419 classes have a `this` of their own.
			"@typescript-eslint/no-this-alias": "off",
		},
	},
	{
		files: ["modules/**/*.ts", "native/**/*.ts", "examples/**/*.ts"],
		rules: {
			"no-restricted-imports": ["error", { patterns: [noHost] }],
			"no-restricted-globals": ["error", ...hostGlobals],
			"no-restricted-syntax": ["error", ...unfit, preloaded, privateMethods],
		},
	},
	// An application's own timers are its own to guard.
	{
		files: ["modules/**/*.ts", "native/**/*.ts"],
		rules: {
			"no-restricted-syntax": ["error", ...unfit, privateMethods, ...regularExpressions, ...guarded],
			"no-restricted-globals": ["error", ...hostGlobals, { name: "RegExp", message: noRegularExpressions }],
		},
	},
	{
		files: ["types/**/*.d.ts", "hosts/linux/types/*.d.ts"],
		rules: {
			"@typescript-eslint/no-explicit-any": "off",
			"@typescript-eslint/triple-slash-reference": "off", // their files are no modules
		},
	},
);
