// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The small changes that a TypeScript file can suffer, each of which a test should notice.
import ts from "typescript";

/** @typedef {{ start: number, end: number, text: string, kind: string }} Mutation `text` takes the place of start … end */

const operators = new Map([
	[ts.SyntaxKind.LessThanToken, "<="],
	[ts.SyntaxKind.LessThanEqualsToken, "<"],
	[ts.SyntaxKind.GreaterThanToken, ">="],
	[ts.SyntaxKind.GreaterThanEqualsToken, ">"],
	[ts.SyntaxKind.EqualsEqualsEqualsToken, "!=="],
	[ts.SyntaxKind.ExclamationEqualsEqualsToken, "==="],
	[ts.SyntaxKind.AmpersandAmpersandToken, "||"],
	[ts.SyntaxKind.BarBarToken, "&&"],
	[ts.SyntaxKind.PlusToken, "-"],
	[ts.SyntaxKind.MinusToken, "+"],
	[ts.SyntaxKind.AsteriskToken, "/"],
	[ts.SyntaxKind.SlashToken, "*"],
	[ts.SyntaxKind.PercentToken, "*"],
	[ts.SyntaxKind.AmpersandToken, "|"],
	[ts.SyntaxKind.BarToken, "&"],
	[ts.SyntaxKind.LessThanLessThanToken, ">>"],
	[ts.SyntaxKind.GreaterThanGreaterThanToken, "<<"],
	[ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken, "<<"],
	[ts.SyntaxKind.PlusEqualsToken, "-="],
	[ts.SyntaxKind.MinusEqualsToken, "+="],
]);

/** @param {ts.BinaryExpression} node @returns {string | undefined} */
function otherOperator({ operatorToken, left, right }) {
	// What joins texts cannot be subtracted.
	const isText = [left, right].some((side) => ts.isStringLiteralLike(side) || ts.isTemplateExpression(side));
	return isText && operatorToken.kind === ts.SyntaxKind.PlusToken ? undefined : operators.get(operatorToken.kind);
}

/** What only tells, or guards against what types forbid, is no behaviour. @param {ts.ExpressionStatement} statement */
function isSilent({ expression }) {
	if (!ts.isCallExpression(expression)) return !ts.isBinaryExpression(expression);
	const called = expression.expression;
	return called.kind === ts.SyntaxKind.SuperKeyword || /^(trace|Object\.freeze)$/.test(called.getText());
}

/** @param {ts.Node} node @returns {Omit<Mutation, "start" | "end"> & { of?: ts.Node } | undefined} */
function mutate(node) {
	const text = node.getText();
	if (ts.isBinaryExpression(node)) {
		const operator = otherOperator(node);
		return operator ? { kind: "operator", text: operator, of: node.operatorToken } : undefined;
	}
	if (ts.isNumericLiteral(node)) {
		const value = Number(text.replaceAll("_", ""));
		return { kind: "constant", text: value === 0 ? "1" : value === 1 ? "0" : `${value * 2}` };
	}
	if (node.kind === ts.SyntaxKind.TrueKeyword) return { kind: "constant", text: "false" };
	if (node.kind === ts.SyntaxKind.FalseKeyword) return { kind: "constant", text: "true" };
	if (ts.isIfStatement(node) || ts.isConditionalExpression(node)) {
		const condition = ts.isIfStatement(node) ? node.expression : node.condition;
		return { kind: "condition", text: `!(${condition.getText()})`, of: condition };
	}
	if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
		return { kind: "condition", text: node.operand.getText() };
	if (ts.isExpressionStatement(node) && !isSilent(node)) return { kind: "statement", text: ";" };
	if (ts.isCallExpression(node) && node.arguments.length > 1) {
		const [first, second] = node.arguments;
		if (!first || !second || first.getText() === second.getText() || ts.isArrowFunction(second)) return undefined;
		if (/^Math\.(max|min|hypot)$/.test(node.expression.getText())) return undefined; // the same in any order
		const between = node.getSourceFile().text.slice(first.end, second.getStart());
		return { kind: "arguments", text: second.getText() + between + first.getText(), of: first };
	}
	return undefined;
}

/** @param {string} file @param {string} source @returns {Mutation[]} */
export function mutationsOf(file, source) {
	const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ES2022, true);
	/** @type {Mutation[]} */
	const found = [];
	/** @param {ts.Node} node */
	function visit(node) {
		if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
		if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
		const change = mutate(node);
		if (change) {
			const { of = node, kind, text } = change;
			const end = kind === "arguments" && ts.isCallExpression(node) ? node.arguments[1]?.end : of.end;
			found.push({ kind, text, start: of.getStart(), end: end ?? of.end });
		}
		ts.forEachChild(node, visit);
	}
	visit(tree);
	return found;
}
